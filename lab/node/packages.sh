# Debian packages that a node needs. Sourced.

# program: package
node_packages=(
  openssl:openssl unshare:util-linux ip:iproute2 iptables:iptables conntrack:conntrack runc:runc socat:socat
  busybox:busybox-static curl:curl ps:procps clang-19:clang-19
)

# packages: installs what is missing. None of them starts a service.
packages() {
  local entry missing=()
  for entry in "${node_packages[@]}"; do
    command -v "${entry%%:*}" >/dev/null || missing+=("${entry##*:}")
  done
  [ -x /usr/lib/cni/ptp ] || missing+=(containernetworking-plugins)
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || fail "missing: ${missing[*]} (names of Debian packages)." "Install them, and run this again."
  echo "lab: installing Debian packages, which stay: ${missing[*]}" >&2
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends --no-remove "${missing[@]}"; } >/dev/null ||
    fail "apt-get could not install ${missing[*]}." "Install them, and run this again."
}

# unpacked PACKAGE PROGRAM: the program of a Debian package that is not installed, because it would start a service on this
# machine. Prints its path in the cache.
unpacked() {
  local cache=${XDG_CACHE_HOME:-$HOME/.cache}/appnet-lab/debian/$1 work
  if [ ! -x "$cache$2" ]; then
    work=$(mktemp -d)
    { cd "$work" && { apt-get download -q "$1" || { apt-get update -q && apt-get download -q "$1"; }; } && dpkg-deb -x "$1"_*.deb files; } >&2 ||
      fail "apt-get could not fetch the package $1."
    mkdir -p "$(dirname "$cache")"
    rm -rf "$cache"
    mv "$work/files" "$cache"
    rm -rf "$work"
  fi
  echo "$cache$2"
}
