#!/usr/bin/env bash
# Shows what AppNetworkProfile does, and checks every thing that it shows.
#
#   make demo                        on a throw-away node with Cilium where that can be had (root, and a kernel that
#                                    allows it), else in a throw-away control plane; it says which
#   make demo CLUSTER=node           on the node, or not at all
#   make demo CLUSTER=controlplane   in a control plane without nodes (no root); policies are written, Pods do not run
#   make demo CLUSTER=current        in the cluster of your current kubectl context, in the namespace appnet-demo only
#   make demo KEEP=1                 leaves everything running afterwards; `make demo-down` ends it
#
#   YES=1    with CLUSTER=current: install the CustomResourceDefinition without asking, if it is not there
#
# It needs Rust (cargo), and Go 1.26 or newer for the throw-away clusters, which are built on the first run.
# Exit codes: 0 everything was as claimed, 1 something was not, 2 wrong use.
set -euo pipefail
umask 077
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cluster=${CLUSTER:-any}
keep=${KEEP:-}
# A demo that is kept has a place where demo-down finds it.
kept=${TMPDIR:-/tmp}/appnet-demo-$(id -u)
work=
profile=shop

source demo/show.sh
source demo/cluster.sh
source demo/steps.sh

demo() {
  namespace=app
  case $cluster in
    any) choose ;;
    node | controlplane) ;;
    current) namespace=appnet-demo ;;
    *) echo "demo: CLUSTER is '$cluster'; it must be 'node', 'controlplane' or 'current', or be left out" >&2; exit 2 ;;
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
  if [ "$cluster" = node ]; then install_operator; else run_operator; fi
  show_lab
  show_profile
  show_policies
  show_drift
  show_labels
  show_refusal
  show_deletion
  if [ "$cluster" = node ]; then show_connections; fi
  if [ -n "$keep" ]; then hand_over; fi
  printf '\n%sThe demo went well:%s %d checks in %d s.\n' "$green" "$plain" $checks $((SECONDS - began))
}

case ${1:-} in
  '') demo ;;
  down) demo_down ;;
  *) sed -n '2,16s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
