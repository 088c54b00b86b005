# Images that are made on the spot from the machine's own programs. Sourced by inside.sh.

# into FOLDER PROGRAM...: programs of this machine with the libraries that they need.
into() {
  local program library
  for program in "${@:2}"; do
    mkdir -p "$1/usr/bin"
    cp "$program" "$1/usr/bin/"
    for library in $({ ldd "$program" 2>/dev/null || true; } | grep -oE '/[^ ]+' | sort -u); do
      mkdir -p "$1$(dirname "$library")"
      cp -L "$library" "$1$library"
    done
  done
}

# The sandbox of every Pod; CoreDNS; and one image with curl and busybox under the two names of well-known lab images:
# `curlimages/curl`, whose arguments are a command or curl's own, and `nginxdemos/hello:plain-text`, which answers on port 80.
lab_images() {
  local tool
  mkdir -p image/pause/bin image/dns image/client/bin image/client/tmp image/client/www image/client/etc
  into image/pause "$(command -v busybox)"
  ln -s /usr/bin/busybox image/pause/bin/busybox
  ln -s /usr/bin/busybox image/pause/bin/sleep
  "$lab/../image/pack.sh" node.tar image/pause docker.io/appnet-lab/pause:1 /bin/sleep 1000000
  into image/client "$(command -v curl)" "$(command -v busybox)"
  # Without wget: with a time limit that of Debian's busybox crashes. There is curl.
  for tool in cat date env hostname httpd id ip ls nc nslookup ping sh sleep true; do ln -s /usr/bin/busybox "image/client/bin/$tool"; done
  cp "$lab/node/client.sh" image/client/client.sh
  chmod 755 image/client/client.sh
  chmod 1777 image/client/tmp image/client/www
  echo 'I:index.txt' >image/client/etc/httpd.conf
  "$lab/../image/pack.sh" client.tar image/client \
    docker.io/curlimages/curl:latest,docker.io/nginxdemos/hello:plain-text /client.sh
  cp "$bin/coredns" image/dns/coredns
  "$lab/../image/pack.sh" coredns.tar image/dns docker.io/appnet-lab/coredns:1 /coredns
  rm -rf image
}

give() { # IMAGE.tar...
  local image
  for image; do ctr --address /run/containerd.sock --namespace k8s.io images import "$image"; done
}
