#!/usr/bin/env bash
# Shows what AppNetworkProfile does, and checks every thing that it shows.
#
#   make demo                     in a throw-away control plane on this machine (no root, no container engine)
#   make demo CLUSTER=current     in the cluster of your current kubectl context, in the namespace appnet-demo only
#   make demo KEEP=1              leaves everything running afterwards; `make demo-down` ends it
#
#   YES=1    with CLUSTER=current: install the CustomResourceDefinition without asking, if it is not there
#
# It needs Rust (cargo), and Go 1.26 or newer for the throw-away control plane, which is built on the first run.
# Exit codes: 0 everything was as claimed, 1 something was not, 2 wrong use.
set -euo pipefail
umask 077
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cluster=${CLUSTER:-lab}
keep=${KEEP:-}
# A demo that is kept has a place where demo-down finds it.
kept=${TMPDIR:-/tmp}/appnet-demo-$(id -u)
work=
profile=shop

source demo/show.sh
source demo/cluster.sh
source demo/steps.sh

demo() {
  case $cluster in
    lab) namespace=app ;;
    current) namespace=appnet-demo ;;
    *) echo "demo: CLUSTER is '$cluster'; it must be 'lab' (or left out) or 'current'" >&2; exit 2 ;;
  esac
  [ ! -e "$kept" ] || [ -z "$keep" ] || fail "a demo is still running in $kept." "End it first: make demo-down"
  need_tools
  build
  if [ -n "$keep" ]; then mkdir "$kept" && work=$kept; else work=$(mktemp -d "${TMPDIR:-/tmp}/appnet-demo.XXXXXX"); fi
  trap clean_up EXIT
  trap 'exit 143' TERM HUP
  trap 'exit 130' INT
  trap 'fail "line $LINENO of ${BASH_SOURCE[0]##*/} went wrong."' ERR
  set -E

  began=$SECONDS
  "${cluster}_cluster"
  run_operator
  show_lab
  show_profile
  show_policies
  show_drift
  show_labels
  show_refusal
  show_deletion
  if [ -n "$keep" ]; then hand_over; fi
  printf '\n%sThe demo went well:%s %d checks in %d s.\n' "$green" "$plain" $checks $((SECONDS - began))
}

case ${1:-} in
  '') demo ;;
  down) demo_down ;;
  *) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
