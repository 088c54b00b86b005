# What is shown, in order. Sourced by demo.sh.

k() { kubectl -n "$namespace" "$@"; }

# of PATH: a field of the profile.
of() { k get appnet "$profile" --ignore-not-found --output="jsonpath={.$1}"; }

# condition TYPE: its status and reason, as True/Reconciled.
condition() { of "status.conditions[?(@.type==\"$1\")]['status','reason']" | tr ' ' /; }
condition_is() { is "$(condition "$1")" "$2"; }
status_is() { [[ $(condition "$1") == "$2"/* ]]; }
# The status speaks of the profile as it is now.
drift_count_is() { is "$(of status.drift.count)" "$1"; }
is_current() { is "$(of status.observedGeneration)" "$(of metadata.generation)"; }
is_ready() { is_current && status_is Ready True; }

policy() { k get networkpolicy "$1" --ignore-not-found --output="jsonpath={$2}"; }
policy_names() { k get networkpolicy --output='jsonpath={.items[*].metadata.name}'; }
# What policies say and who they are; it changes with every write.
policy_state() { k get networkpolicy --output='jsonpath={range .items[*]}{.metadata.uid}:{.metadata.resourceVersion}{" "}{end}'; }
no_policies() { is "$(policy_names)" ''; }

pods() { k get pods --selector="$1" --output='jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}' | grep -c .; }
pods_are() { [ "$(pods "$1" || true)" = "$2" ]; }

# The new Pods come a moment after the old ones went: until then no label comes close.
names_the_near_miss() {
  condition_is LabelsMatched False/NoMatchingPods && [[ $(of 'status.tiers[?(@.name=="api")].warnings[*]') == *"Deployment 'api'"* ]]
}

show_lab() {
  step "The app: a frontend and an api. Nothing isolates them: everyone may call everyone."
  show kubectl -n "$namespace" apply -f demo/lab.yaml
  wait_until 30 "the Pods of api are there" pods_are app=api 2
  wait_until 30 "the Pod of frontend is there" pods_are app=frontend 1
  if [ "$cluster" = node ]; then
    k rollout status deployment/api --timeout=60s >/dev/null
    k rollout status deployment/frontend --timeout=60s >/dev/null
  fi
  show kubectl -n "$namespace" get pods --label-columns=app
  if [ "$cluster" = controlplane ]; then
    say "(There is no node here, so Pods stay Pending. Policies select them by their labels all the same.)"
  fi
  claim "there is no NetworkPolicy yet" no_policies
}

show_profile() {
  step "The profile says once what the app needs: frontend calls api, api calls a payment provider."
  show cat demo/profile.yaml
  show kubectl -n "$namespace" apply -f demo/profile.yaml
  wait_until 30 "the profile is ready" is_ready
  echo
  show kubectl -n "$namespace" get appnet
  claim "the profile is ready with 4 of 4 policies, $took s after it was applied" printed "True" "4/4"
  echo
  show kubectl -n "$namespace" get appnet "$profile" -o go-template-file=demo/conditions.tmpl
  claim "the API server holds every policy" condition_is PoliciesApplied True/Applied
  claim "every selector matches Pods" condition_is LabelsMatched True/AllMatched
  claim "DNS was found" condition_is ReferencesResolved True/Resolved
  claim "nobody else changed a policy" condition_is InSync True/NoDrift
  case $cluster in
    controlplane) claim "it says honestly that nothing here would enforce the policies" condition_is EnforcementDetected Unknown/CNIUnknown ;;
    node) claim "Cilium was found, which enforces the policies" condition_is EnforcementDetected True/CNIDetected ;;
    current) ;;
  esac
}

show_policies() {
  step "The operator wrote a default-deny, an exception for DNS, and one policy for each tier."
  show kubectl -n "$namespace" get networkpolicy
  claim "these four and no other" is "$(policy_names)" \
    "$profile-allow-api $profile-allow-dns $profile-allow-frontend $profile-default-deny"
  claim "the default-deny selects every Pod, in both directions" is \
    "$(policy "$profile-default-deny" .spec)" '{"podSelector":{},"policyTypes":["Ingress","Egress"]}'
  echo
  say "Each policy says what it allows, and which line of the profile asks for it:"
  show kubectl -n "$namespace" get networkpolicy -o go-template-file=demo/explanations.tmpl
  claim "the api may be called by the frontend on port 80, because of spec.tiers[1].from[0]" \
    printed "80" "spec.tiers[1].from[0]"
  claim "and may call the payment provider" printed "'payment-provider' (203.0.113.0/24) on TCP 443 (spec.tiers[1].to[0])"
}

show_drift() {
  local victim=$profile-allow-api edited=$profile-allow-frontend uid before
  step "Someone deletes one policy. It is back before anyone notices."
  uid=$(policy "$victim" .metadata.uid)
  was_replaced() { local now; now=$(policy "$victim" .metadata.uid); [ -n "$now" ] && differs "$now" "$uid"; }
  show kubectl -n "$namespace" delete networkpolicy "$victim"
  wait_until 20 "the policy is there again" was_replaced
  say "It was back $took s later."
  show kubectl -n "$namespace" get networkpolicy
  claim "it is there again, as a new object" was_replaced
  wait_until 20 "the repair is in the status" drift_count_is 1

  step "Someone edits another one, so that the frontend may call anything. The edit is undone."
  before=$(policy "$edited" .spec)
  was_undone() { is "$(policy "$edited" .spec)" "$before" && drift_count_is 2; }
  show kubectl -n "$namespace" patch networkpolicy "$edited" --type=merge -p '{"spec":{"egress":[{}]}}'
  wait_until 20 "the edit is undone" was_undone
  say "It was undone $took s later."
  claim "the policy says again what it said before" was_undone
  echo
  say "Status and Events tell who did it, and to which field (nobody records who deletes a thing):"
  show kubectl -n "$namespace" get appnet "$profile" -o 'jsonpath={.status.drift}'
  claim "the last change was to spec.egress, by kubectl-patch" printed "\"manager\":\"kubectl-patch\"" "spec.egress" "$edited"
  show kubectl -n "$namespace" get appnet "$profile" -o go-template-file=demo/conditions.tmpl
  claim "InSync says so too" printed DriftRepaired "kubectl-patch changed spec.egress"
  wait_until 20 "there is an Event about it" event_says "kubectl-patch changed spec.egress"
  show kubectl -n "$namespace" events --for="appnetworkprofile/$profile" --types=Warning
  claim "one Event for each of the two" printed "deleted policy '$victim'" "changed spec.egress of policy '$edited'"
}

event_says() { k events --for="appnetworkprofile/$profile" --types=Warning | grep -qF "$1"; }

show_labels() {
  local generation
  step "A new api has other labels on its Pods. Now no policy allows it anything, silently."
  generation=$(of metadata.generation)
  show kubectl -n "$namespace" replace --force -f demo/api-relabelled.yaml
  wait_until 60 "the profile tells of it" names_the_near_miss
  echo
  show kubectl -n "$namespace" get appnet
  show kubectl -n "$namespace" get appnet "$profile" -o 'jsonpath={.status.tiers[?(@.name=="api")].warnings[*]}'
  claim "the profile names the label that is missing, and the one that comes closest" \
    printed "tier 'api' selects app=api; no Pod has it" "Pods of Deployment 'api' have app.kubernetes.io/name=api"

  step "The labels are put right. The warning goes by itself; nobody touches the profile."
  show kubectl -n "$namespace" delete deployment api
  show kubectl -n "$namespace" apply -f demo/lab.yaml
  wait_until 60 "the labels match again" condition_is LabelsMatched True/AllMatched
  echo
  show kubectl -n "$namespace" get appnet
  claim "the labels match again" condition_is LabelsMatched True/AllMatched
  claim "and the profile is the one that it was" is "$(of metadata.generation)" "$generation"
}

show_refusal() {
  local generation policies
  step "A profile with two mistakes is refused, in sentences that say what to do."
  generation=$(of metadata.generation)
  policies=$(policy_state)
  show tail -n 2 demo/invalid.yaml
  echo
  show_refused kubectl -n "$namespace" apply -f demo/invalid.yaml
  claim "the API server tells of the unknown tier" printed "must name a tier of this profile"
  claim "and of the CIDR" printed "must be a canonical CIDR"
  claim "the profile is the one that it was" is "$(of metadata.generation)" "$generation"
  claim "no policy was written" is "$(policy_state)" "$policies"
}

show_deletion() {
  step "The profile is deleted. The default-deny goes first, then DNS, so that no call is cut meanwhile."
  local log=$work/watch.log
  log_has() { [ "$(grep -c "$1" "$log")" -ge "$2" ]; }
  printf '%s$ kubectl -n %s get networkpolicy --watch --output-watch-events >%s &%s\n' "$dim" "$namespace" "$log" "$plain"
  kubectl -n "$namespace" get networkpolicy --watch --output-watch-events >"$log" 2>&1 &
  watcher=$!
  wait_until 20 "the watch shows the four policies" log_has ADDED 4
  show kubectl -n "$namespace" delete appnet "$profile"
  # A definition that was installed while the cluster ran is unknown to its garbage collector for up to 30 s.
  wait_until 90 "the policies are gone" no_policies
  say "All policies were gone $took s later."
  wait_until 20 "the watch has seen it" log_has DELETED 4
  kill "$watcher"
  watcher=
  show grep DELETED "$log"
  claim "the default-deny went first, DNS second, the tiers after them" is \
    "$(awk '$1 == "DELETED" { print $2 }' "$log" | head -n 2 | xargs)" "$profile-default-deny $profile-allow-dns"
  claim "no policy is left" no_policies
}

# curl_from POD: what one gets there from the api, under the name that everybody uses.
curl_from() { k exec "$1" -- curl -sS --max-time 3 "http://api.$namespace.svc.cluster.local"; }

answers() { [[ $(curl_from "$1" 2>&1) == *"Server name: api-"* ]]; }

# Connecting takes too long, resolving the name does not: DNS is open, the api is not.
times_out() { [[ $(curl_from "$1" 2>&1) == *"Connection time"* ]]; }

show_connections() {
  local url=http://api.$namespace.svc.cluster.local
  step "And on the wire? Without a profile anybody reaches the api: also a client that nobody knows."
  show kubectl -n "$namespace" run random-client --image=curlimages/curl --restart=Never -- sleep 3600
  wait_until 60 "random-client runs" k wait pod/random-client --for=condition=Ready --timeout=2s
  wait_until 30 "the api answers random-client" answers random-client
  show kubectl -n "$namespace" exec random-client -- curl -sS --max-time 3 "$url"
  claim "random-client reaches the api" printed "Server name: api-"

  step "With the profile the frontend reaches the api, and random-client does not. Names resolve for both."
  show kubectl -n "$namespace" apply -f demo/profile.yaml
  wait_until 30 "the profile is ready" is_ready
  wait_until 30 "random-client is shut out" times_out random-client
  wait_until 30 "the api answers the frontend" answers deployment/frontend
  show kubectl -n "$namespace" exec deployment/frontend -- curl -sS --max-time 3 "$url"
  claim "frontend reaches the api" printed "Server name: api-"
  echo
  show_refused kubectl -n "$namespace" exec random-client -- curl -sS --max-time 3 "$url"
  claim "random-client times out" printed "Connection time"
  echo
  show kubectl -n "$namespace" exec random-client -- nslookup "api.$namespace.svc.cluster.local" 10.96.0.10
  claim "and yet it can resolve the name of the api" printed "Name:	api.$namespace.svc.cluster.local"
}
