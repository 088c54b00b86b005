#!/usr/bin/env bash
# Builds the control plane (etcd, kube-apiserver, kube-controller-manager, kubectl) from public Go modules.
#
#   lab/build.sh          build what is missing or out of date, print one line a program
#   lab/build.sh --bin    print the folder of the programs, building nothing
#
# The programs go to $APPNET_LAB_BIN, else to appnet-lab/bin in the user's cache folder.
# With KUBEBUILDER_ASSETS set nothing is built: that folder is used as it is.
# It needs Go 1.26 or newer and about 3 GB of disk for Go's own caches; no root, no container engine.
set -euo pipefail

programs=(etcd kube-apiserver kube-controller-manager kubectl)
modules=$(cd "$(dirname "$0")/modules" && pwd)
bin=${APPNET_LAB_BIN:-${XDG_CACHE_HOME:-$HOME/.cache}/appnet-lab/bin}

fail() { printf 'lab/build.sh: %s\n' "$@" >&2; exit 1; }

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
  for program in "${programs[@]}"; do
    [ -x "$KUBEBUILDER_ASSETS/$program" ] || fail "KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS has no $program." \
      "Put it there (kube-controller-manager is not part of setup-envtest), or unset KUBEBUILDER_ASSETS to build from Go modules."
  done
  if [ "${1:-}" = --bin ]; then echo "$KUBEBUILDER_ASSETS"; else echo "control plane: from KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS"; fi
  exit 0
fi

case ${1:-} in
  --bin) echo "$bin"; exit 0 ;;
  '') ;;
  *) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac

command -v go >/dev/null || fail "Go is not installed, and KUBEBUILDER_ASSETS is not set." \
  "Install Go 1.26 or newer (https://go.dev/dl), or set KUBEBUILDER_ASSETS to a folder with ${programs[*]}."
# An older Go cannot read these modules' "go 1.26" lines and would try to fetch a newer toolchain.
minor=$(go env GOVERSION | sed -E 's/^go1\.([0-9]+).*/\1/')
[ "$minor" -ge 26 ] || fail "$(go env GOVERSION) is too old: Go 1.26 or newer is needed."

export CGO_ENABLED=0 GOFLAGS='-mod=readonly -trimpath' GOTOOLCHAIN=local
mkdir -p "$bin/.built-from"
# Two runs at once (two test suites, say) must not write the same file: the second waits for the first.
exec 9>"$bin/.lock"
flock 9

# compile MODULE PROGRAM PACKAGE LINKER-FLAGS: skipped when module files, flags and Go version are the same as last time.
compile() {
  local from stamp=$bin/.built-from/$2 began=$SECONDS
  from=$({ go env GOVERSION; echo "$3 $4"; cat "$modules/$1/go.mod" "$modules/$1/go.sum"; } | sha256sum)
  if [ -x "$bin/$2" ] && [ "$from" = "$(cat "$stamp" 2>/dev/null)" ]; then
    printf 'control plane: %-24s up to date\n' "$2"
    return
  fi
  printf 'control plane: %-24s building ...\n' "$2"
  (cd "$modules/$1" && go build -ldflags "-s -w $4" -o "$bin/$2.new" "$3")
  mv "$bin/$2.new" "$bin/$2"
  echo "$from" > "$stamp"
  printf 'control plane: %-24s built in %d s\n' "$2" $((SECONDS - began))
}

kubernetes=$(cd "$modules/kubernetes" && go list -m -f '{{.Version}}' k8s.io/kubernetes)
# Without a gitVersion the server calls itself v0.0.0, and clients that check versions refuse it.
version=k8s.io/component-base/version
stamp_version="-X $version.gitVersion=$kubernetes -X $version.gitMajor=1 -X $version.gitMinor=$(cut -d. -f2 <<<"$kubernetes") -X $version.gitTreeState=clean"

compile etcd etcd go.etcd.io/etcd/server/v3 ''
for program in kube-apiserver kube-controller-manager kubectl; do
  compile kubernetes "$program" "k8s.io/kubernetes/cmd/$program" "$stamp_version"
done
