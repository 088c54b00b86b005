#!/usr/bin/env bash
# What stands around an app, in a lab that is up: an ingress controller, Prometheus and a listener for OTLP, each a Pod behind a
# Service in the namespace that users expect it in. What each does is told in lab/extras/.
#
#   lab/extras.sh DIR     DIR is the lab's folder, as for lab/node.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() { printf 'lab/extras.sh: %s\n' "$@" >&2; exit 1; }

[ $# = 1 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 2; }
dir=$(realpath -m "$1")
[ -s "$dir/kubeconfig" ] || fail "no node is up in $dir." "Start one: make lab"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export KUBECONFIG=$dir/kubeconfig KUBECACHEDIR=$dir/kube-cache
PATH=$(lab/build.sh --bin):$PATH

# place NAMESPACE IMAGE MANIFEST
place() {
  lab/images.sh "$2" "$scratch/$2.tar" >"$scratch/log" 2>&1 || fail "the image $2 could not be made:" "$(tail -n 5 "$scratch/log")"
  lab/node.sh load "$dir" "$scratch/$2.tar" >"$scratch/log" 2>&1 || fail "the image $2 could not be given to the node:" "$(tail -n 5 "$scratch/log")"
  kubectl create namespace "$1" --dry-run=client --output=yaml | kubectl apply -f - >/dev/null
  # A bare Pod is refused before its namespace has one.
  until kubectl -n "$1" get serviceaccount default >/dev/null 2>&1; do sleep 0.1; done
  kubectl -n "$1" apply -f "lab/extras/$3.yaml" >/dev/null
  kubectl -n "$1" wait pod --all --for=condition=Ready --timeout=60s >/dev/null || fail "the Pod in $1 does not get ready."
}

place ingress-nginx nginx ingress-nginx
place monitoring prometheus prometheus
place observability probe otel-collector
kubectl get pods --all-namespaces --selector='app in (prometheus-agent, otel-collector)' --output=wide
kubectl -n ingress-nginx get pods --output=wide
