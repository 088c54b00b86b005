# What the demo runs in: the throw-away control plane or the user's cluster, and the operator. Sourced by demo.sh.

crd=crds/appnetworkprofiles.yaml
crd_name=appnetworkprofiles.appnet.dev

# choose: sets `cluster`, and says why.
choose() {
  local why
  if why=$(lab/node.sh check 2>&1); then
    cluster=node
    [ -z "$why" ] || say "$why"
    say "This runs on a throw-away node with Cilium: connections are shown. (Policies alone: make demo CLUSTER=controlplane)"
  else
    cluster=controlplane
    say "This runs in a throw-away control plane, which has no nodes: policies are shown, connections are not. A node is not" \
      "possible here: ${why##*lab/node.sh: }"
  fi
}

need_tools() {
  command -v cargo >/dev/null ||
    fail "Rust is not installed." "Install it (https://rustup.rs), open a new shell, and run this again."
  if [ "$cluster" = current ]; then
    command -v kubectl >/dev/null || fail "kubectl is not installed; CLUSTER=current uses yours." "Install it: https://kubernetes.io/docs/tasks/tools"
    return
  fi
  if [ "$cluster" = node ]; then lab/node.sh check || fail "this machine cannot run a node." "Without one: make demo CLUSTER=controlplane"; fi
  command -v openssl >/dev/null || fail "openssl is not installed; it makes the control plane's certificates." "Install it: apt-get install openssl"
  [ -n "${KUBEBUILDER_ASSETS:-}" ] || command -v go >/dev/null || fail "Go is not installed; it builds the control plane." \
    "Install Go 1.26 or newer (https://go.dev/dl), or try your own cluster: make demo CLUSTER=current"
}

build() {
  local target=${CARGO_TARGET_DIR:-target}
  say "Building what is missing (the first time takes some minutes)."
  # On a node the operator comes as an image.
  if [ "$cluster" = node ]; then
    lab/build.sh --node
    image/build.sh "$target/appnet-operator.tar"
  else
    if [ -x "$target/release/appnet-operator" ] && [ -z "$(find src Cargo.toml Cargo.lock -newer "$target/release/appnet-operator" -print -quit)" ]; then
      operator=$target/release
    else
      cargo build --bins
      operator=$target/debug
    fi
    operator=$(cd "$operator" && pwd)
    PATH=$operator:$PATH
  fi
  if [ "$cluster" = controlplane ]; then lab/build.sh; fi
  if [ "$cluster" != current ]; then PATH=$(lab/build.sh --bin):$PATH; fi
}

# ---------------------------------------------------------------- the throw-away control plane

controlplane_cluster() {
  step "A control plane without nodes starts: etcd, the API server and its controllers."
  show lab/controlplane.sh up "$work/lab" "$crd"
  export KUBECONFIG=$work/lab/kubeconfig KUBECACHEDIR=$work/kube-cache
  claim "the API server knows AppNetworkProfiles" is "$(kubectl get crd "$crd_name" --output='jsonpath={.spec.names.kind}')" AppNetworkProfile
  show kubectl apply -f demo/kube-dns.yaml
  show kubectl create namespace "$namespace"
}

# ---------------------------------------------------------------- the throw-away node

node_cluster() {
  step "A Kubernetes node starts in namespaces of its own: kubelet, containerd, CoreDNS, and Cilium to enforce policies."
  show lab/node.sh up "$work/lab"
  export KUBECONFIG=$work/lab/kubeconfig KUBECACHEDIR=$work/kube-cache
  show kubectl get pods --all-namespaces
  claim "CoreDNS and Cilium run" printed coredns cilium
  show kubectl create namespace "$namespace"
}

install_operator() {
  step "The operator is installed by its chart. No value needs to be set."
  lab/node.sh load "$work/lab" "${CARGO_TARGET_DIR:-target}/appnet-operator.tar" >"$work/load.log" 2>&1
  show helm install appnet charts/appnet --namespace appnet-system --create-namespace --wait --timeout 2m
  show kubectl -n appnet-system get pods
  claim "the operator is ready" is "$(kubectl -n appnet-system get deployment appnet --output='jsonpath={.status.readyReplicas}')" 1
}

# ---------------------------------------------------------------- the user's cluster

current_cluster() {
  local context
  # What this run uses stays the same when someone switches the context meanwhile.
  kubectl config view --raw --minify --flatten >"$work/kubeconfig" 2>"$work/errors" ||
    fail "kubectl has no current context." "$(cat "$work/errors")"
  export KUBECONFIG=$work/kubeconfig KUBECACHEDIR=$work/kube-cache
  context=$(kubectl config current-context)
  kubectl version --request-timeout=10s >/dev/null 2>"$work/errors" || fail "context '$context' does not answer." "$(cat "$work/errors")"

  say "This runs in the cluster of your kubectl context '$context':"
  say "  - it creates the namespace $namespace, works in no other, and deletes it at the end;"
  say "  - the operator runs on this machine with your rights. It reads Pods, Services, EndpointSlices" \
    "and Namespaces of the whole cluster, and writes in $namespace only (--namespace $namespace);"
  if ! kubectl get namespace "$namespace" --ignore-not-found --output=name >"$work/found"; then fail "namespaces cannot be read."; fi
  [ ! -s "$work/found" ] || fail "the namespace $namespace is already there, and the demo would delete it at its end." \
    "If nobody needs it: kubectl delete namespace $namespace"
  kubectl get crd "$crd_name" --ignore-not-found --output=name >"$work/found"
  if [ -s "$work/found" ]; then
    say "  - the CustomResourceDefinition $crd_name is there already and stays as it is."
  else
    say "  - it installs the CustomResourceDefinition $crd_name, which is visible in the whole cluster, and removes it at the end."
    consent
    touch "$work/owns-crd"
    show kubectl create -f "$crd"
    # Not `kubectl wait` for its condition, which fails at once as long as the definition has no conditions at all.
    wait_until 30 "the API server serves $crd_name" kubectl get "$crd_name" --all-namespaces
  fi
  touch "$work/owns-namespace"
  kubectl create namespace "$namespace" >/dev/null
  [ -e "$work/owns-crd" ] || nobody_else_is_at_work
}

consent() {
  local answer
  [ -z "${YES:-}" ] || return 0
  [ -t 0 ] || fail "nobody can be asked here." "Say yes beforehand: make demo CLUSTER=current YES=1"
  read -rp "Install it? [y/N] " answer
  case $answer in [yY] | [yY][eE][sS]) ;; *) fail "not installed; nothing was changed." ;; esac
}

# Two operators would write the same policies. One that runs already tells by what it does: it answers a profile.
nobody_else_is_at_work() {
  local tenths
  sed 's/^spec:/&\n  mode: Audit/' demo/profile.yaml | kubectl -n "$namespace" apply -f - >/dev/null
  for ((tenths = 0; tenths < 30; tenths++)); do
    [ -z "$(of status.conditions)" ] || fail "an operator is already at work in this cluster; a second one would write the same policies." \
      "Try what it does there: kubectl apply -n NAMESPACE -f demo/profile.yaml"
    sleep 0.1
  done
  kubectl -n "$namespace" delete appnet "$profile" >/dev/null
}

# ---------------------------------------------------------------- the operator

run_operator() {
  step "The operator starts on this machine. It needs no flag; these make its log readable here."
  local command=(appnet-operator --log-format text --listen 127.0.0.1:0)
  # Its Lease too stays in the one namespace that the demo may write to.
  [ "$cluster" = controlplane ] || command+=(--namespace "$namespace" --lease-namespace "$namespace")
  printf '%s$ %s%s\n' "$dim" "$(as_typed "${command[@]}")" "$plain"
  # setsid: Ctrl-C must reach the demo only, which then stops the operator.
  setsid "${command[@]}" >"$work/operator.log" 2>&1 </dev/null &
  echo $! >"$work/operator.pid"
  disown
  wait_until 60 "the operator has seen the cluster" operator_is_ready
  claim "the operator watches the cluster after $took s" operator_runs
}

operator_is_ready() { operator_runs || fail "the operator ended."; grep -q 'the picture of the cluster is complete' "$work/operator.log"; }

# A pid alone may be that of any other process by now.
operator_runs() { tr '\0' ' ' <"/proc/$(cat "$work/operator.pid")/cmdline" 2>/dev/null | grep -q 'appnet-operator '; }

# ---------------------------------------------------------------- the end

hand_over() {
  trap - EXIT
  kubectl -n "$namespace" apply -f demo/profile.yaml >/dev/null
  printf '\n%sEverything stays up.%s The profile is there again. In your shell:\n\n' "$bold" "$plain"
  printf '  export KUBECONFIG=%s PATH=%s:$PATH\n' "$KUBECONFIG" "$(dirname "$(command -v kubectl)")${operator:+:$operator}"
  printf '  kubectl -n %s get appnet\n' "$namespace"
  if [ "$cluster" = node ]; then
    printf '  kubectl -n appnet-system logs deployment/appnet --follow\n'
  else
    printf '  tail -f %s\n' "$work/operator.log"
  fi
  printf '\nTo end it: make demo-down\n'
}

# Ends what this demo started and removes what it made, and only that.
clean_up() {
  local status=$? pid tenths
  trap - ERR EXIT
  trap '' INT TERM HUP
  set +e
  [ -z "${watcher:-}" ] || kill "$watcher" 2>/dev/null
  if [ -s "$work/operator.pid" ] && operator_runs; then
    pid=$(cat "$work/operator.pid")
    kill -TERM "$pid"
    for ((tenths = 0; tenths < 250; tenths++)); do operator_runs || break; sleep 0.1; done
    operator_runs && kill -KILL "$pid"
  fi 2>/dev/null
  if [ -e "$work/kubeconfig" ]; then
    if [ -e "$work/owns-namespace" ]; then
      say "Removing the namespace $namespace."
      kubectl delete namespace "$namespace" --ignore-not-found --timeout=120s >/dev/null || status=1
    fi
    if [ -e "$work/owns-crd" ]; then kubectl delete -f "$crd" --ignore-not-found >/dev/null || status=1; fi
  fi
  if [ -e "$work/lab/cni" ]; then lab/node.sh down "$work/lab" || status=1; fi
  if [ -e "$work/lab" ]; then lab/controlplane.sh down "$work/lab" || status=1; fi
  rm -rf "$work"
  exit $status
}

demo_down() {
  if [ ! -e "$kept" ]; then echo "No demo is running."; return; fi
  [ -O "$kept" ] || fail "$kept is not yours."
  work=$kept
  namespace=appnet-demo
  PATH=$PATH:$(lab/build.sh --bin)
  if [ -e "$work/kubeconfig" ]; then export KUBECONFIG=$work/kubeconfig KUBECACHEDIR=$work/kube-cache; fi
  echo "Ending the demo in $kept."
  clean_up
}
