#!/usr/bin/env bash
# Packs a folder as a container image of one layer, without a container engine.
#
#   image/pack.sh OUT.tar FOLDER NAME[,NAME...] [--user UID:GID] [--label KEY=VALUE]... ENTRYPOINT [ARG...]
#
# OUT.tar is an OCI image layout that also carries the manifest of `docker save`: `docker load`, `podman load`,
# `ctr images import`, `skopeo copy oci-archive:` and `kind load image-archive` all take it.
# The same folder gives the same bytes: no time, owner or order of this machine gets in. It prints the image's digest.
set -euo pipefail
export LC_ALL=C

[ $# -ge 4 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2; }
out=$1 folder=$2
IFS=, read -ra names <<<"$3"
shift 3
user='' labels=''
while :; do
  case $1 in
    --user) user=$2 ;;
    --label) labels+="${labels:+,}\"${2%%=*}\":\"${2#*=}\"" ;;
    *) break ;;
  esac
  shift 2
done

case $(uname -m) in
  x86_64) architecture=amd64 ;;
  aarch64) architecture=arm64 ;;
  *) echo "image/pack.sh: no name is known for the architecture $(uname -m)" >&2; exit 1 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
blobs=$work/blobs/sha256
mkdir -p "$blobs"

# same_tar OUT FOLDER: what differs from machine to machine is left out.
same_tar() {
  tar --create --file="$1" --directory="$2" --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner .
}

# blob FILE: into the store; sets `digest` and `size`.
blob() {
  digest=$(sha256sum "$1" | cut -d' ' -f1)
  size=$(stat -c %s "$1")
  mv "$1" "$blobs/$digest"
}

entrypoint=$(printf '"%s",' "$@")
same_tar "$work/layer" "$folder"
blob "$work/layer"
layer=$digest layer_size=$size
printf '{"architecture":"%s","os":"linux","config":{"User":"%s","Entrypoint":[%s],"Env":["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],"Labels":{%s}},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
  $architecture "$user" "${entrypoint%,}" "$labels" "$layer" >"$work/config"
blob "$work/config"
config=$digest
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":%s},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:%s","size":%s}]}' \
  "$config" "$size" "$layer" "$layer_size" >"$work/manifest"
blob "$work/manifest"
manifest=$digest

entries='' tags=''
for name in "${names[@]}"; do
  entries+="${entries:+,}{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"sha256:$manifest\",\"size\":$size,\"annotations\":{\"io.containerd.image.name\":\"$name\",\"org.opencontainers.image.ref.name\":\"${name##*:}\"}}"
  tags+="${tags:+,}\"$name\""
done
printf '{"imageLayoutVersion":"1.0.0"}' >"$work/oci-layout"
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[%s]}' "$entries" >"$work/index.json"
printf '[{"Config":"blobs/sha256/%s","RepoTags":[%s],"Layers":["blobs/sha256/%s"]}]' "$config" "$tags" "$layer" >"$work/manifest.json"
# Not `work` itself: its own modes are those of mktemp.
chmod -R u=rwX,go=rX "$work"
same_tar "$out.new" "$work"
mv "$out.new" "$out"
echo "sha256:$manifest"
