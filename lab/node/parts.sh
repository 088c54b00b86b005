# The parts of a node, but for the data plane. Sourced by inside.sh.

start_etcd() {
  # The timeout, because an etcd that is alone need not wait half a second for others before it elects itself.
  start etcd etcd --data-dir="$dir/etcd" --unsafe-no-fsync --heartbeat-interval=20 --election-timeout=100 \
    --listen-peer-urls=http://127.0.0.1:2380 --listen-client-urls=http://127.0.0.1:2379 --advertise-client-urls=http://127.0.0.1:2379
}

start_apiserver() {
  start apiserver kube-apiserver --etcd-servers=http://127.0.0.1:2379 --secure-port=6443 --advertise-address="$node_address" \
    --kubelet-preferred-address-types=InternalIP --tls-cert-file=server.crt --tls-private-key-file=server.key \
    --token-auth-file=tokens.csv --authorization-mode=RBAC --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file=accounts.pub --service-account-signing-key-file=accounts.key \
    --service-cluster-ip-range="$service_range" --allow-privileged --profiling=false \
    --audit-policy-file="$lab/node/audit-policy.yaml" --audit-log-path="$dir/audit.log" --audit-log-mode=blocking \
    --audit-log-maxsize=2000
}

start_controllers() {
  # One credential for each controller: the garbage collector and the others have just the rights of a real cluster.
  start controllers kube-controller-manager --kubeconfig="$KUBECONFIG" --leader-elect=false --secure-port=0 \
    --service-account-private-key-file=accounts.key --root-ca-file=ca.crt --use-service-account-credentials \
    --allocate-node-cidrs --cluster-cidr="$pod_range" --profiling=false --kube-api-qps=200 --kube-api-burst=400
  start scheduler kube-scheduler --kubeconfig="$KUBECONFIG" --leader-elect=false --secure-port=0 --profiling=false
}

start_containerd() {
  # restrict_oom_score_adj: without CAP_SYS_RESOURCE the runtime cannot lower a score, and no sandbox would start.
  cat >containerd.toml <<TOML
version = 3
root = "$dir/containerd"
state = "/run/containerd"
[grpc]
  address = "/run/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$dir/opt"
[plugins."io.containerd.nri.v1.nri"]
  disable = true
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "docker.io/appnet-lab/pause:1"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["$dir/plugins"]
    conf_dir = "$dir/plugins.d"
TOML
  start containerd containerd --config containerd.toml
}

start_kubelet() {
  # Pods with `dnsPolicy: Default`, as CoreDNS, get this one; nothing answers there.
  echo "nameserver $node_address" >resolv.conf
  cat >kubelet.yaml <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
# Without it a kubelet of 1.35 and newer does not start on control groups v1.
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: /$group
enforceNodeAllocatable: []
containerRuntimeEndpoint: unix:///run/containerd.sock
volumePluginDir: $dir/volume-plugins
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
failSwapOn: false
# 110 is the default; there is only this node, and its addresses are a /24.
maxPods: 220
clusterDNS: [$dns_address]
clusterDomain: cluster.local
resolvConf: $dir/resolv.conf
# The machine's disk is not the lab's: whatever its state, no Pod is evicted and no image is removed.
evictionHard: {memory.available: "0%", nodefs.available: "0%", imagefs.available: "0%", nodefs.inodesFree: "0%"}
imageGCHighThresholdPercent: 100
serializeImagePulls: false
YAML
  start kubelet kubelet --config=kubelet.yaml --kubeconfig="$KUBECONFIG" --root-dir="$dir/kubelet" \
    --cert-dir="$dir/kubelet-pki" --hostname-override=node1 --node-ip="$node_address"
}

start_proxy() {
  # The zeros: limits of connection tracking may be set from the machine's own network namespace only.
  start proxy kube-proxy --kubeconfig="$KUBECONFIG" --hostname-override=node1 --proxy-mode=iptables --cluster-cidr="$pod_range" \
    --conntrack-max-per-core=0 --conntrack-tcp-timeout-established=0 --conntrack-tcp-timeout-close-wait=0
}
