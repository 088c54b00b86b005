#!/usr/bin/env bash
# A real Kubernetes control plane without nodes: etcd, kube-apiserver and kube-controller-manager on loopback ports.
#
#   lab/controlplane.sh run DIR [CRD.yaml...]   in the foreground, until standard input ends or SIGTERM or SIGINT comes
#   lab/controlplane.sh up DIR [CRD.yaml...]    the same in the background
#   lab/controlplane.sh down DIR                ends what `up` started
#
# When everything answers, `run` and `up` print one line: `ready DIR/kubeconfig`. At its end `run` stops what it
# started and removes DIR. The programs come from lab/build.sh. No root is needed.
#
# The given definitions are installed before the controllers start: the garbage collector looks for new kinds only
# every 30 seconds, and until then it does not notice that an owner of such a kind is deleted.
#
# There is no node, so Pods stay Pending, and no Pod needs a ServiceAccount token. Every write to the kinds that the
# operator deals with is in DIR/audit.log.
set -euo pipefail
umask 077

lab=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
service_range=10.96.0.0/16,fd00:96::/112

usage() { sed -n '2,17s/^# \{0,1\}//p' "$0"; exit 2; }

fail() { printf 'lab/controlplane.sh: %s\n' "$@" >&2; exit 1; }

source "$lab/credentials.sh"
source "$lab/processes.sh"

# need_programs: sets `bin`, the folder of the programs.
need_programs() {
  local program
  command -v openssl >/dev/null ||
    fail "openssl is not installed; it makes the certificates." "Install it: apt-get install openssl"
  bin=$("$lab/build.sh" --bin)
  for program in etcd kube-apiserver kube-controller-manager kubectl; do
    [ -x "$bin/$program" ] || fail "there is no $program in $bin." \
      "Run lab/build.sh (it needs Go 1.26 or newer and builds all four programs)," \
      "or set KUBEBUILDER_ASSETS to a folder that has them."
  done
}

clean_up() {
  trap '' INT TERM HUP
  stop_all_but nobody 2>/dev/null
  cd /
  rm -rf "$dir"
}

# HOME: the preferences of the person who runs this must not matter.
kube() {
  HOME=$dir "$bin/kubectl" --kubeconfig="$dir/kubeconfig" --cache-dir="$dir/kube-cache" --request-timeout=10s "$@"
}

# ---------------------------------------------------------------- the control plane

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Three free ports in a row, below the range from which the kernel takes ports for outgoing connections.
free_ports() {
  local base port
  while :; do
    base=$((20000 + RANDOM % 12000))
    for port in 0 1 2; do
      if answers $((base + port)); then continue 2; fi
    done
    echo $base
    return
  done
}

begin_control_plane() { # PORT
  local port=$1
  access "$port"
  # The timeout, because an etcd that is alone need not wait half a second for others before it elects itself.
  start etcd "$bin/etcd" --data-dir="$dir/etcd" --unsafe-no-fsync --heartbeat-interval=20 --election-timeout=100 \
    --listen-peer-urls="http://127.0.0.1:$((port + 2))" --listen-client-urls="http://127.0.0.1:$((port + 1))" \
    --advertise-client-urls="http://127.0.0.1:$((port + 1))"
  # Not before our own etcd serves: on a port that someone else took there may be the etcd of another control plane.
  wait_until 30 "etcd serves" grep -q 'serving client traffic' etcd.log || return
  start apiserver "$bin/kube-apiserver" --etcd-servers="http://127.0.0.1:$((port + 1))" \
    --bind-address=127.0.0.1 --advertise-address=127.0.0.1 --secure-port="$port" --endpoint-reconciler-type=none \
    --tls-cert-file=server.crt --tls-private-key-file=server.key --token-auth-file=tokens.csv --authorization-mode=RBAC \
    --service-account-issuer=https://kubernetes.default.svc --service-account-key-file=accounts.pub \
    --service-account-signing-key-file=accounts.key --service-cluster-ip-range="$service_range" \
    --disable-admission-plugins=ServiceAccount --allow-privileged --profiling=false \
    --max-requests-inflight=2000 --max-mutating-requests-inflight=1000 \
    --audit-policy-file="$lab/controlplane/audit-policy.yaml" --audit-log-path="$dir/audit.log" --audit-log-mode=blocking \
    --audit-log-maxsize=2000
  wait_until 60 "the API server is ready" is_ready "$port"
}

# Not kubectl, which takes 0.1 s of processor time to start. On a port that someone else took there may be a server
# that never answers.
is_ready() { # PORT
  printf 'GET /readyz HTTP/1.0\r\nAuthorization: Bearer %s\r\n\r\n' "$(cut -d, -f1 tokens.csv)" |
    timeout 5 openssl s_client -quiet -verify_quiet -verify_return_error -CAfile ca.crt -connect "127.0.0.1:$1" |
    grep -q ' 200 OK'
}

is_served() { kube api-resources --output=name | grep -Fxq "$1"; }

install_definitions() { # CRD.yaml...
  local file name
  for file; do
    kube create -f "$file" >create.log 2>&1 || fail "the API server refuses $file:" "$(cat create.log)"
    for name in $(kube get -f "$file" --output='jsonpath={.metadata.name}'); do
      wait_until 30 "$name is served" is_served "$name"
    done
  done
}

begin_controllers() {
  start controllers "$bin/kube-controller-manager" --kubeconfig=kubeconfig --leader-elect=false --secure-port=0 \
    --service-account-private-key-file=accounts.key --root-ca-file=ca.crt --profiling=false \
    --kube-api-qps=500 --kube-api-burst=1000 --concurrent-gc-syncs=20
  # Before that it notices no deletion.
  wait_until 60 "the garbage collector works" grep -q 'resource monitors have synced' controllers.log || return
  wait_until 60 "the controllers work" kube -n default get serviceaccount default
}

run() { # DIR CRD.yaml...
  local attempt status definitions=() file
  [ $# -ge 1 ] || usage
  for file in "${@:2}"; do definitions+=("$(realpath "$file")"); done
  [ ! -e "$1" ] || [ -z "$(ls -A "$1")" ] || fail "$1 is not empty; give a folder that is empty or not there."
  need_programs
  mkdir -p "$1"
  dir=$(cd "$1" && pwd -P)
  cd "$dir"
  trap clean_up EXIT
  trap 'exit 143' TERM HUP
  trap 'exit 130' INT
  # Whoever read our output may be dead; we still have to clean up.
  trap '' PIPE
  echo $$ > pid
  # Ends when standard input ends: then the process that wanted the control plane is gone, however it ended.
  "${with_me[@]}" cat <&0 >/dev/null 2>&1 &
  children[$!]=input

  certificates
  for attempt in 1 2 3 4 5; do
    status=0
    begin_control_plane "$(free_ports)" || status=$?
    [ $status = 75 ] || break
    echo "lab/controlplane.sh: someone else took a port in between (attempt $attempt); trying others" >&2
    stop_all_but input 2>/dev/null
    rm -rf etcd
  done
  [ $status = 0 ] || fail "five times in a row the ports that were free were taken by someone else."
  install_definitions "${definitions[@]}"
  begin_controllers
  echo "ready $dir/kubeconfig"

  wait -n || true
  no_child_has_ended "by itself"
}

# ---------------------------------------------------------------- in the background

down() { # DIR
  local pid tenths
  [ $# = 1 ] || usage
  [ -e "$1" ] || return 0
  [ -f "$1/pid" ] || fail "$1 has no file 'pid': no control plane was started there."
  pid=$(cat "$1/pid")
  # After a crash of the machine the pid may be that of any other process. Ours works in that folder.
  if [ "$(readlink "/proc/$pid/cwd")" = "$(cd "$1" && pwd -P)" ]; then
    kill -TERM "$pid"
    for ((tenths = 0; tenths < 300; tenths++)); do
      [ -e "$1" ] || return 0
      sleep 0.1
    done
    fail "process $pid does not end."
  fi
  rm -rf "$1"
}

case ${1:-} in
  run | up | down) "$@" ;;
  *) usage ;;
esac
