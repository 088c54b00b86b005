#!/usr/bin/env bash
# The first process in the node's namespaces: seals them off, starts every part, and stays. Started by lab/node.sh:
#
#   inside.sh DIR BIN CNI GROUP [FILE.yaml...]
set -euo pipefail
umask 022

dir=$1 bin=$2 cni=$3 group=$4
definitions=("${@:5}")
lab=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
node_address=10.213.0.2
pod_range=10.244.0.0/16
service_range=10.96.0.0/16
dns_address=10.96.0.10
export PATH=$bin:$PATH:/usr/sbin:/sbin

fail() { printf '%s\n' "$@" >&2; exit 1; }

source "$lab/credentials.sh"
source "$lab/processes.sh"
source "$lab/node/groups.sh"
source "$lab/node/network.sh"
source "$lab/node/images.sh"
source "$lab/node/parts.sh"
source "$lab/node/cilium.sh"

# What the parts would write to the machine, they write to copies that end with this mount namespace.
seal() {
  local path
  mount --bind "$dir" "$dir"
  for path in /run /var/lib /var/log; do mount -t tmpfs lab "$path"; done
  mkdir -p /run/netns /run/settings
  # The kubelet and Cilium's agent set these for the whole machine, and the last but one cannot even be taken back.
  for path in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys \
    kernel/keys/root_maxbytes kernel/timer_migration kernel/unprivileged_bpf_disabled net/core/bpf_jit_enable; do
    [ -e "/proc/sys/$path" ] || continue
    cat "/proc/sys/$path" >"/run/settings/${path//\//-}"
    mount --bind "/run/settings/${path//\//-}" "/proc/sys/$path"
  done
  mount -o remount,bind,ro /
}

kube() { kubectl --request-timeout=20s "$@"; }

has_pod_range() { [ -n "$(kube get node node1 --output='jsonpath={.spec.podCIDR}')" ]; }

seal
# Anew: the folder behind the old one is read-only by now.
cd "$dir"
mkdir -p tmp
export TMPDIR=$dir/tmp KUBECONFIG=$dir/kubeconfig.inside KUBECACHEDIR=$dir/kube-cache

make_links
certificates
access 6443
mv kubeconfig kubeconfig.inside
start_etcd
start_apiserver
plugins
start_containerd
{ lab_images && wait_until 30 "containerd answers" test -S /run/containerd.sock && give node.tar client.tar coredns.tar; } >images.log 2>&1 &
importing=$!
wait_until 60 "the API server is ready" kube get --raw /readyz
start socat socat UNIX-LISTEN:"$dir/api.sock",fork TCP:127.0.0.1:6443
for file in "${definitions[@]}"; do kube apply --server-side -f "$file"; done
start_controllers
make_groups "$group"
start_kubelet
start_proxy
if [ "$cni" = cilium ]; then kube apply --server-side -f "$bin/cilium/crds" >definitions.log; fi
wait_until 60 "the node has addresses for Pods" has_pod_range
if [ "$cni" = cilium ]; then start_cilium; fi
kube apply -f "$lab/node/coredns.yaml" -f "$lab/node/pull-policy.yaml" >manifests.log
wait $importing || fail "the images could not be given to the node:" "$(tail -n 5 images.log)"
rm -f ./*.tar
wait_until 90 "the node is ready" kube wait --for=condition=Ready node/node1 --timeout=15s
if [ "$cni" = cilium ]; then
  wait_until 90 "Cilium is ready" kube -n kube-system rollout status daemonset/cilium --timeout=15s
fi
wait_until 90 "CoreDNS is ready" kube -n kube-system rollout status deployment/coredns --timeout=15s
# A bare Pod is refused before its namespace has one.
wait_until 30 "the default service account is there" kube -n default get serviceaccount default
touch ready
# Which part has ended, and its last lines, are the last lines here; lab/node.sh shows them.
wait -n || true
no_child_has_ended "by itself"
