#!/usr/bin/env bash
# Builds the programs of the lab from public Go modules: what is missing or out of date, one line a program.
#
#   lab/build.sh          the control plane: etcd, kube-apiserver, kube-controller-manager, kubectl
#   lab/build.sh --node   these, and what a node needs: kubelet, kube-proxy, kube-scheduler, containerd, CoreDNS, Cilium, Helm
#   lab/build.sh --helm   Helm alone, 4 and 3
#   lab/build.sh --bin    print the folder of the programs, building nothing
#
# The programs go to $APPNET_LAB_BIN, else to appnet-lab/bin in the user's cache folder.
# With KUBEBUILDER_ASSETS set the control plane is not built: that folder is used as it is.
# It needs Go 1.26 or newer and about 3 GB of disk for Go's own caches (12 GB with --node); no root, no container engine.
set -euo pipefail

programs=(etcd kube-apiserver kube-controller-manager kubectl)
modules=$(cd "$(dirname "$0")/modules" && pwd)
bin=${APPNET_LAB_BIN:-${XDG_CACHE_HOME:-$HOME/.cache}/appnet-lab/bin}

fail() { printf 'lab/build.sh: %s\n' "$@" >&2; exit 1; }

what=${1:-}
case $what in
  '' | --bin | --node | --helm) ;;
  *) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac

if [ -n "${KUBEBUILDER_ASSETS:-}" ] && [[ $what != --node && $what != --helm ]]; then
  for program in "${programs[@]}"; do
    [ -x "$KUBEBUILDER_ASSETS/$program" ] || fail "KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS has no $program." \
      "Put it there (kube-controller-manager is not part of setup-envtest), or unset KUBEBUILDER_ASSETS to build from Go modules."
  done
  if [ "$what" = --bin ]; then echo "$KUBEBUILDER_ASSETS"; else echo "control plane: from KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS"; fi
  exit 0
fi

if [ "$what" = --bin ]; then echo "$bin"; exit 0; fi

command -v go >/dev/null || [ -z "${KUBEBUILDER_ASSETS:-}" ] ||
  fail "Go is not installed, and KUBEBUILDER_ASSETS stands in for the control plane only." \
    "Install Go 1.26 or newer (https://go.dev/dl): what lab/build.sh $what builds is in no such folder."
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

# compile MODULE PROGRAM PACKAGE LINKER-FLAGS BUILD-FLAGS...: skipped when module files, flags and Go version are the
# same as last time.
compile() {
  local from stamp=$bin/.built-from/$2 began=$SECONDS
  from=$({ go env GOVERSION; echo "${@:3}"; cat "$modules/$1/go.mod" "$modules/$1/go.sum"; } | sha256sum)
  if [ -x "$bin/$2" ] && [ "$from" = "$(cat "$stamp" 2>/dev/null)" ]; then
    printf 'lab: %-24s up to date\n' "$2"
    return
  fi
  printf 'lab: %-24s building ...\n' "$2"
  (cd "$modules/$1" && go build -ldflags "-s -w $4" "${@:5}" -o "$bin/$2.new" "$3")
  mv "$bin/$2.new" "$bin/$2"
  echo "$from" > "$stamp"
  printf 'lab: %-24s built in %d s\n' "$2" $((SECONDS - began))
}

# version MODULE PATH: the version of PATH that MODULE asks for.
version() { (cd "$modules/$1" && go list -m -f '{{.Version}}' "$2"); }

kubernetes() {
  local program version=k8s.io/component-base/version release
  release=$(version kubernetes k8s.io/kubernetes)
  for program; do
    # Without a gitVersion the server calls itself v0.0.0, and clients that check versions refuse it.
    compile kubernetes "$program" "k8s.io/kubernetes/cmd/$program" "-X $version.gitVersion=$release \
      -X $version.gitMajor=1 -X $version.gitMinor=$(cut -d. -f2 <<<"$release") -X $version.gitTreeState=clean"
  done
}

containerd() {
  local program
  for program in containerd containerd-shim-runc-v2 ctr; do
    # These three snapshotters need C libraries or kernel modules; the lab uses overlayfs.
    compile containerd "$program" "github.com/containerd/containerd/v2/cmd/$program" '' -tags 'no_btrfs no_devmapper no_zfs'
  done
}

cilium() {
  local release source path=github.com/cilium/cilium
  release=$(version cilium $path)
  compile cilium cilium-agent $path/daemon "-X $path/pkg/version.ciliumVersion=${release#v}"
  compile cilium cilium-cni $path/plugins/cilium-cni ''
  compile cilium cilium-dbg $path/cilium-dbg ''
  # The agent compiles its BPF programs when it starts, and does not start without its CRDs. Both come with the module.
  if [ "$(cat "$bin/cilium/release" 2>/dev/null)" != "$release" ]; then
    source=$(cd "$modules/cilium" && go list -m -f '{{.Dir}}' $path)
    rm -rf "$bin/cilium"
    mkdir -p "$bin/cilium/crds"
    cp -r --no-preserve=mode "$source/bpf" "$bin/cilium/"
    cp --no-preserve=mode "$source"/pkg/k8s/apis/cilium.io/client/crds/v2{,alpha1}/*.yaml "$bin/cilium/crds/"
    echo "$release" > "$bin/cilium/release"
  fi
}

helm() {
  local release
  release=$(version helm helm.sh/helm/v4)
  compile helm helm helm.sh/helm/v4/cmd/helm "-X helm.sh/helm/v4/internal/version.version=$release"
}

helm3() {
  local path=helm.sh/helm/v3 release minor setting flags=
  release=$(version helm3 $path)
  # Without these it takes the cluster for a Kubernetes 1.20 when it renders offline.
  minor=$(version helm3 k8s.io/client-go | cut -d. -f2)
  for setting in pkg/lint/rules pkg/chartutil; do
    flags+=" -X $path/$setting.k8sVersionMajor=1 -X $path/$setting.k8sVersionMinor=$minor"
  done
  compile helm3 helm3 $path/cmd/helm "-X $path/internal/version.version=$release$flags"
}

if [ "$what" != --helm ]; then
  compile etcd etcd go.etcd.io/etcd/server/v3 ''
  kubernetes kube-apiserver kube-controller-manager kubectl
fi
if [ "$what" = --node ]; then
  kubernetes kube-scheduler kube-proxy kubelet
  containerd
  compile coredns coredns github.com/coredns/coredns ''
  cilium
fi
if [ "$what" = --helm ] || [ "$what" = --node ]; then helm; fi
if [ "$what" = --helm ]; then helm3; fi
