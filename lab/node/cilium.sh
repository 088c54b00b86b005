# Cilium's agent, the data plane. Sourced by inside.sh.
#
# Left out: L7 rules, Hubble, tunnels, masquerading, IPv6, the replacement of kube-proxy, and Cilium's operator (the node's
# own Pod range is used; the definitions are applied by inside.sh). What is left is what decides about NetworkPolicies.
#
# As in any cluster it is a DaemonSet `cilium` in kube-system. Its Pod's only program enters the node's namespaces and
# becomes the agent there: the agent's own files would make an image of gigabytes.

start_cilium() {
  # The agent attaches programs to the root of the control groups that it is given: it gets one of the lab's own.
  mkdir -p /run/groups /run/cilium/groups clang library
  mount -t cgroup2 lab /run/groups
  mkdir -p "/run/groups/$group"
  mount --bind "/run/groups/$group" /run/cilium/groups
  mount -t bpf lab /sys/fs/bpf
  # It writes a header among the sources of its BPF programs, which it compiles at its start, with a program named `clang`.
  cp -r "$bin/cilium/bpf" library/
  ln -s "$(command -v clang-19)" clang/clang
  cat >cilium.sh <<SH
export HOME=$dir TMPDIR=$dir/tmp K8S_NODE_NAME=node1 PATH=$dir/clang:$bin:/usr/sbin:/usr/bin:/sbin:/bin
# As elsewhere, whether it enforces policies is a setting in the ConfigMap, which it reads when it starts.
policy=\$(kubectl --kubeconfig=$KUBECONFIG -n kube-system get configmap cilium-config -o 'jsonpath={.data.enable-policy}')
exec cilium-agent --enable-policy="\${policy:-default}" --k8s-kubeconfig-path=$KUBECONFIG \
  --bpf-root=/sys/fs/bpf --cgroup-root=/run/cilium/groups --lib-dir=$dir/library --state-dir=/run/cilium \
  --socket-path=/run/cilium/cilium.sock --ipam=kubernetes --identity-allocation-mode=crd --devices=node0 \
  --routing-mode=native --ipv4-native-routing-cidr=$pod_range --enable-ipv4-masquerade=false --enable-ipv6=false \
  --enable-host-legacy-routing --kube-proxy-replacement=false --enable-l7-proxy=false --enable-hubble=false \
  --enable-health-checking=false --enable-endpoint-health-checking=false ${CILIUM_FLAGS:-} >>$dir/cilium.log 2>&1
SH
  sed "s#SCRIPT#$dir/cilium.sh#" "$lab/node/cilium.yaml" | kube apply -f - >cilium-manifest.log
}
