#!/usr/bin/env bash
# A real Kubernetes node with a real data plane, in namespaces of its own: kubelet, containerd, CoreDNS and Cilium, the
# control plane, and some addresses that stand for the world outside. It has no uplink: nothing gets out.
#
#   lab/node.sh run DIR [--cni cilium|none] [FILE.yaml...]   in the foreground, until standard input ends or SIGTERM comes
#   lab/node.sh up DIR [--cni cilium|none] [FILE.yaml...]    the same in the background
#   lab/node.sh down DIR                 ends what `up` started
#   lab/node.sh exec DIR CMD [ARG...]    a command in the node's namespaces
#   lab/node.sh load DIR IMAGE.tar...    gives images to the node; there is no registry
#   lab/node.sh status DIR               what runs, with its memory
#   lab/node.sh check                    can this machine do it? Installs Debian packages, says what is missing
#
# When every part is ready, `run` and `up` print one line: `ready DIR/kubeconfig`. That kubeconfig works outside too: a
# free loopback port leads to the API server. With `--cni none` Pods are connected and nothing enforces policies.
# The given files (definitions, say) are applied before the node's own parts start. CILIUM_FLAGS: more flags of the agent.
# It needs root, the programs of `lab/build.sh --node` and some Debian packages (lab/node/packages.sh names them).
# It leaves the machine as it was: kernel settings, control groups and files are the lab's own, and end with it.
set -euo pipefail
umask 022

lab=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cni=cilium
# The node tells at length what it waited for.
log_lines=120

usage() { sed -n '2,19s/^# \{0,1\}//p' "$0"; exit 2; }

fail() { printf 'lab/node.sh: %s\n' "$@" >&2; exit 1; }

source "$lab/processes.sh"
source "$lab/node/groups.sh"
source "$lab/node/packages.sh"
export PATH=$PATH:/usr/sbin:/sbin

# ---------------------------------------------------------------- can it be done here?

can_run() {
  [ "$(id -u)" = 0 ] || fail "a node needs root: it makes namespaces, interfaces and control groups." \
    "Run it as root, or do without a node: lab/controlplane.sh needs no root."
  unshare --net --mount --pid --fork true 2>/dev/null || fail "this kernel or container allows no new namespaces." \
    "A node needs CAP_SYS_ADMIN; lab/controlplane.sh does without."
  grep -qw overlay /proc/filesystems || fail "the kernel knows no overlay file system; containerd needs it for images."
  [ -n "$(group_trees)" ] || fail "no control groups are mounted below /sys/fs/cgroup; the kubelet needs them."
  [ "$cni" != cilium ] || [ -e /proc/sys/net/core/bpf_jit_enable ] || fail "the kernel has no BPF; Cilium needs it." \
    "Without it: --cni none, which enforces nothing."
  # Only now: a machine that cannot run a node gets no packages for nothing.
  packages
  unshare --net -- ip link add left0 type veth peer name right0 2>/dev/null || fail "the kernel makes no veth pairs; Pods are connected by them."
}

need_programs() {
  local program
  bin=$("$lab/build.sh" --bin)
  for program in etcd kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubectl containerd coredns cilium-agent; do
    [ -x "$bin/$program" ] || fail "there is no $program in $bin." "Build it: lab/build.sh --node (Go 1.26; some 15 minutes the first time)"
  done
}

# ---------------------------------------------------------------- from outside

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo $port; return; fi
  done
}

clean_up() {
  trap '' INT TERM HUP
  stop_all_but nobody 2>/dev/null
  remove_groups "$group"
  cd /
  rm -rf "$dir"
}

# The first process in the box, by its number outside: the one child of `unshare`.
first_process() {
  local pid
  for pid in "${!children[@]}"; do
    [ "${children[$pid]}" != node ] || pgrep -P "$pid" >init.new || return
  done
  mv init.new init.pid
}

run() { # DIR [--cni CNI] FILE.yaml...
  local files=() port
  [ $# -ge 1 ] || usage
  dir=$(realpath -m "$1")
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --cni) cni=${2:-}; shift ;;
      -*) usage ;;
      *) files+=("$(realpath "$1")") ;;
    esac
    shift
  done
  case $cni in cilium | none) ;; *) fail "--cni is '$cni'; it must be cilium or none." ;; esac
  case $dir in *[!A-Za-z0-9/._+-]*) fail "$dir: some programs of a node cannot take such characters in paths; choose another folder." ;; esac
  # Inside, these are covered: what Kubernetes writes there must not reach the machine.
  case $dir/ in /run/* | /var/run/* | /var/lib/* | /var/log/* | /proc/* | /sys/*) fail "the node covers $dir; choose another folder." ;; esac
  [ ! -e "$dir" ] || [ -z "$(ls -A "$dir")" ] || fail "$dir is not empty; give a folder that is empty or not there."
  can_run
  need_programs
  mkdir -p "$dir"
  chmod 700 "$dir"
  cd "$dir"
  group=appnet-lab-$$
  trap clean_up EXIT
  trap 'exit 143' TERM HUP
  trap 'exit 130' INT
  # Whoever read our output may be dead; we still have to clean up.
  trap '' PIPE
  echo $$ >pid
  echo "$group" >group
  echo "$cni" >cni
  # Ends when standard input ends: then whoever wanted the node is gone, however it ended.
  "${with_me[@]}" cat <&0 >/dev/null 2>&1 &
  children[$!]=input
  # --kill-child: with `unshare` the first process of the PID namespace goes, and with that every other one.
  start node unshare --net --mount --pid --fork --kill-child --mount-proc \
    "$lab/node/inside.sh" "$dir" "$bin" "$cni" "$group" "${files[@]}"
  wait_until 10 "the namespaces are there" first_process
  wait_until 180 "the node is ready" test -e ready
  port=$(free_port)
  start forward socat "TCP-LISTEN:$port,bind=127.0.0.1,fork,reuseaddr" UNIX-CONNECT:api.sock
  sed "s/127.0.0.1:6443/127.0.0.1:$port/" kubeconfig.inside >kubeconfig.new
  mv kubeconfig.new kubeconfig
  wait_until 10 "the API server can be reached" "$bin/kubectl" --kubeconfig=kubeconfig get --raw /readyz
  echo "ready $dir/kubeconfig"
  wait -n || true
  no_child_has_ended "by itself"
}

# ours PID: does it run, and is it the one that works in that folder? The pid alone may be that of any process by now.
ours() { [ "$(readlink "/proc/$1/cwd")" = "$dir" ]; }

# runs PID: it is there, and not only because nobody has asked yet how it ended.
runs() { grep -q '^State:[[:space:]]*[^Z[:space:]]' "/proc/$1/status" 2>/dev/null; }

in_dir() { # DIR
  [ -n "${1:-}" ] || usage
  dir=$(realpath -m "$1")
  [ -s "$dir/pid" ] && [ -s "$dir/group" ] || fail "$dir has no files 'pid' and 'group': no node was started there."
}

down() { # DIR
  local pid tenths
  [ -e "${1:-/}" ] || return 0
  in_dir "$1"
  pid=$(cat "$dir/pid")
  if ours "$pid"; then
    kill -TERM "$pid"
    for ((tenths = 0; tenths < 300; tenths++)); do
      # Its folder goes first: whoever looks for it now would still find it.
      if [ ! -e "$dir" ] && ! runs "$pid"; then return 0; fi
      sleep 0.1
    done
    fail "process $pid does not end."
  fi
  # Ended by SIGKILL: its children went with it, control groups and files did not.
  remove_groups "$(cat "$dir/group")"
  rm -rf "$dir"
}

# inside CMD...: the namespaces of the first process in the box.
inside() {
  local init
  ours "$(cat "$dir/pid")" || fail "no node is up in $dir."
  init=$(cat "$dir/init.pid")
  PATH=$("$lab/build.sh" --bin):$PATH KUBECONFIG=$dir/kubeconfig.inside TMPDIR=$dir/tmp nsenter --target "$init" --net --mount --pid -- "$@"
}

# The node sees the machine's files read-only. Someone's command may write them: in a mount namespace of its own.
exec_inside() { # DIR CMD...
  in_dir "${1:-}"
  [ $# -ge 2 ] || usage
  inside unshare --mount -- sh -c 'mount -o remount,bind,rw / && cd "$0" && exec "$@"' "$PWD" "${@:2}"
}

load() { # DIR IMAGE.tar...
  local image
  in_dir "${1:-}"
  bin=$("$lab/build.sh" --bin)
  for image in "${@:2}"; do
    inside "$bin/ctr" --address /run/containerd.sock --namespace k8s.io images import --all-platforms=false - <"$image"
  done
}

status() { # DIR
  in_dir "${1:-}"
  inside true
  echo "up, with CNI $(cat "$dir/cni"): KUBECONFIG=$dir/kubeconfig"
  inside ps -eo rss=,etimes=,args= --sort=-rss |
    awk '{ sub(".*/", "", $3); if ($3 !~ /^(ps|awk|bash|env)$/) printf "%6.0f MiB %6d s  %s\n", $1 / 1024, $2, $3 }'
}

case ${1:-} in
  run | up | down | load | status) "$@" ;;
  exec) exec_inside "${@:2}" ;;
  check) can_run ;;
  *) usage ;;
esac
