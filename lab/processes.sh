# Child processes: started with a log each, watched, and stopped together. Sourced; `dir` is their folder.

# Our children: name by pid.
declare -A children=()

# A script that is ended by SIGKILL cannot stop anything. Where setpriv is there, the kernel does it then.
with_me=()
if command -v setpriv >/dev/null; then with_me=(setpriv --pdeathsig KILL); fi

# start NAME CMD...
start() {
  HOME=$dir "${with_me[@]}" "${@:2}" >"$1.log" 2>&1 </dev/null &
  children[$!]=$1
}

# Nothing here is worth an orderly shutdown, and that of the API server takes seconds.
# Only what the shell still counts as running: the pid of a child that has ended may belong to someone else by now.
stop_all_but() { # NAME
  local pid running
  running=" $(jobs -pr | tr '\n' ' ') "
  for pid in "${!children[@]}"; do
    [ "${children[$pid]}" != "$1" ] || continue
    if [[ $running = *" $pid "* ]]; then kill -KILL "$pid" || true; fi
    wait "$pid" || true
    unset "children[$pid]"
  done
}

# no_child_has_ended WHEN: 75 when one has ended because its port was taken, so that the caller can try others.
no_child_has_ended() {
  local pid name
  for pid in "${!children[@]}"; do
    kill -0 "$pid" 2>/dev/null && continue
    name=${children[$pid]}
    # Whoever wanted the control plane is gone. That is the normal end.
    [ "$name" != input ] || exit 0
    ! grep -qi 'address already in use' "$name.log" || return 75
    fail "$name ended $1. Its last lines:" "$(tail -n "${log_lines:-15}" "$name.log")"
  done
}

# wait_until SECONDS WHAT CMD...
wait_until() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >last.log 2>&1; do
    no_child_has_ended "before $what" || return
    [ $SECONDS -lt $end ] || fail "gave up waiting until $what. The last answer:" "$(cat last.log)" "$(tail -n 5 ./*.log)"
    sleep 0.03
  done
}

# The `run` of the script that sources this, in the background: with a standard input that never ends, a named pipe that it
# holds open for writing itself.
up() {
  local line scratch
  [ $# -ge 1 ] || usage
  scratch=$(mktemp -d)
  mkfifo "$scratch/input"
  exec 3<>"$scratch/input"
  if read -r line < <(exec setsid "$0" run "$@" <&3 2>"$scratch/errors"); then
    rm -r "$scratch"
    echo "$line"
  else
    cat "$scratch/errors" >&2
    rm -r "$scratch"
    exit 1
  fi
}
