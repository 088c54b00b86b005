#!/usr/bin/env bash
# Makes images for the lab's Pods from programs of this project and of Debian.
#
#   lab/images.sh probe OUT.tar        appnet-lab/probe:1, servers, steady clients and a listener for OTLP (lab/probe)
#   lab/images.sh prometheus OUT.tar   appnet-lab/prometheus:1, Debian's Prometheus
#   lab/images.sh nginx OUT.tar        appnet-lab/nginx:1, Debian's nginx, for a stand-in ingress controller
#
# Debian's packages are unpacked into the cache and not installed: they would start services on this machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

lab=$PWD/lab

fail() { printf 'lab/images.sh: %s\n' "$@" >&2; exit 1; }

source image/static.sh
source lab/node/packages.sh
source lab/node/images.sh

[ $# = 2 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
mkdir -m 1777 "$folder/tmp"
case $1 in
  probe)
    program=$(static_program appnet-lab-probe probe)
    install -m 755 "$program" "$folder/probe"
    entrypoint=(/probe)
    ;;
  prometheus)
    program=$(unpacked prometheus /usr/bin/prometheus)
    into "$folder" "$program"
    entrypoint=(/usr/bin/prometheus)
    ;;
  nginx)
    program=$(unpacked nginx /usr/sbin/nginx)
    into "$folder" "$program"
    mkdir -p "$folder/etc" "$folder/var/lib/nginx" "$folder/var/log/nginx" "$folder/run"
    chmod 1777 "$folder/var/lib/nginx" "$folder/var/log/nginx" "$folder/run"
    echo 'root:x:0:0::/:/' >"$folder/etc/passwd"
    echo 'www-data:x:33:33::/:/' >>"$folder/etc/passwd"
    printf 'root:x:0:\nwww-data:x:33:\nnogroup:x:65534:\n' >"$folder/etc/group"
    entrypoint=(/usr/bin/nginx -g 'daemon off;')
    ;;
  *) fail "'$1' is no image of the lab; there are probe, prometheus and nginx." ;;
esac
image/pack.sh "$2" "$folder" "docker.io/appnet-lab/$1:1" "${entrypoint[@]}"
