#!/usr/bin/env bash
# Builds the operator's image without a container engine: one static program on an empty root, for the user 65532.
#
#   image/build.sh [OUT.tar]     default: target/appnet-operator.tar; prints the image's digest
#
# The same sources, toolchain and architecture give the same bytes, wherever the checkout is. It needs Rust with the musl
# target and musl-gcc, and adds them where rustup and apt-get can.
#
#   IMAGE    names of the image, separated by commas; default ghcr.io/appnet-dev/appnet-operator:VERSION
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() { printf 'image/build.sh: %s\n' "$@" >&2; exit 1; }

case ${1:-} in -*) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;; esac
source image/static.sh
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
out=$(realpath -m "${1:-$target/appnet-operator.tar}")
program=$(static_program appnet appnet-operator)

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
install -m 755 "$program" "$folder/appnet-operator"
image/pack.sh "$out" "$folder" "${IMAGE:-ghcr.io/appnet-dev/appnet-operator:$version}" --user 65532:65532 \
  --label org.opencontainers.image.title=appnet-operator --label "org.opencontainers.image.version=$version" \
  --label org.opencontainers.image.licenses=Apache-2.0 /appnet-operator
