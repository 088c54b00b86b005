# The node's interfaces, and the world outside. Sourced by inside.sh.

# The node's own address, and a namespace `world` with addresses that stand for other networks: 203.0.113.0/24 and
# 198.51.100.0/24 (RFC 5737). On all of them something answers HTTP on the ports 80, 443 and 9999.
make_links() {
  ip link set lo up
  # A veth pair carries the node's address: not every kernel has dummy interfaces.
  ip link add node0 type veth peer name node0-peer
  ip address add "$node_address/24" dev node0
  ip link set node0 up
  ip link set node0-peer up
  echo 1 >/proc/sys/net/ipv4/ip_forward
  ip netns add world
  ip link add world0 type veth peer name uplink netns world
  ip address add 10.214.0.1/24 dev world0
  ip link set world0 up
  ip -n world link set lo up
  ip -n world address add 10.214.0.2/24 dev uplink
  ip -n world link set uplink up
  ip -n world route add default via 10.214.0.1
  local network address
  for network in 203.0.113.0/24 198.51.100.0/24; do ip route add $network via 10.214.0.2; done
  for address in 203.0.113.5 203.0.113.99 198.51.100.7; do ip -n world address add $address/32 dev lo; done
  mkdir -p world
  echo "the world outside" >world/index.html
  local port
  for port in 80 443 9999; do
    start "world-$port" ip netns exec world busybox httpd -f -p $port -h "$dir/world"
  done
}

# The CNI plugins and their configuration.
plugins() {
  mkdir -p plugins plugins.d
  ln -s /usr/lib/cni/loopback plugins/
  if [ "$cni" = cilium ]; then
    ln -s "$bin/cilium-cni" plugins/
    # Written before the agent starts: containerd does not notice the file that the agent would move here.
    echo '{"cniVersion": "1.0.0", "name": "cilium", "plugins": [{"type": "cilium-cni"}]}' >plugins.d/05-cilium.conflist
  else
    ln -s /usr/lib/cni/ptp /usr/lib/cni/host-local plugins/
    cat >plugins.d/10-plain.conflist <<JSON
{"cniVersion": "1.0.0", "name": "plain", "plugins": [{"type": "ptp", "ipam": {"type": "host-local",
 "ranges": [[{"subnet": "10.244.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
JSON
  fi
}
