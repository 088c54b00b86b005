//! The five policies that nearly everyone writes by hand, and the profiles that stand for them, allow the same.
//!
//! Each folder of `tests/cases/usual` holds a hand-written policy and a profile. Flows are stated one by one, each with
//! the verdict that a person would expect; both the hand-written policies and the policies that the profile renders
//! must give it, by a naive reading of the NetworkPolicy API that shares no code with the product.
//!
//! A policy and a profile cannot be compared one to one: a policy for ingress leaves egress open, and a profile always
//! isolates both directions. So the hand-written policies are combined as in a cluster where the namespace was isolated
//! first: the deny alone, then with one need after the other.
//!
//! Isolating egress shows what a person forgets: `allow-frontend-to-api` lets the api be called, and the frontend still
//! cannot call, because its own way out is denied. The missing half is `frontend-to-api-egress`. In a profile, `from`
//! writes both.

#[path = "flows/mod.rs"]
mod flows;
#[path = "rendering/mod.rs"]
mod rendering;

use appnet::policy::PolicyObject;
use flows::{End, Flow, Policy, address, allowed, pod};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use rendering::{Texts, render};

/// From, to, protocol, port, and whether the connection is expected to be allowed.
type Row = (&'static str, &'static str, &'static str, u16, bool);

const YES: bool = true;
const NO: bool = false;

const DENY: &str = "default-deny-all/policy";
const FRONTEND_TO_API: &str = "allow-frontend-to-api/policy";
const FRONTEND_EGRESS: &str = "allow-frontend-to-api/egress";
const DNS: &str = "allow-dns-egress/policy";
const SCRAPE: &str = "allow-monitoring-scrape/policy";
const PAYMENT: &str = "allow-payment-provider/policy";

/// Who takes part. A name that is none of these is an address.
fn end(name: &str) -> End {
    match name {
        "frontend" => pod("app", &[("app", "frontend")]),
        "other frontend" => pod("app", &[("app", "frontend"), ("pod-template-hash", "5d9")]),
        "api" => pod("app", &[("app", "api")]),
        "random client" => pod("app", &[("run", "random-client")]),
        "frontend elsewhere" => pod("blog", &[("app", "frontend")]),
        "api elsewhere" => pod("blog", &[("app", "api")]),
        "dns" => pod("kube-system", &[("k8s-app", "kube-dns")]),
        "proxy" => pod("kube-system", &[("k8s-app", "kube-proxy")]),
        "fake dns" => pod("blog", &[("k8s-app", "kube-dns")]),
        "scraper" => pod("monitoring", &[("app", "prometheus-agent")]),
        "grafana" => pod("monitoring", &[("app", "grafana")]),
        "fake scraper" => pod("app", &[("app", "prometheus-agent")]),
        "scraper elsewhere" => pod("blog", &[("app", "prometheus-agent")]),
        other => address(other),
    }
}

fn file(path: &str) -> String {
    let path = format!("{}/tests/cases/usual/{path}.yaml", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn stored(policy: NetworkPolicy) -> Policy {
    (policy.metadata.namespace.expect("a namespace"), policy.spec.expect("a spec").into())
}

fn rendered(policy: PolicyObject) -> Policy {
    match policy {
        PolicyObject::Standard(policy) => stored(policy),
        PolicyObject::Cilium(policy) => panic!("no profile here calls the API server: {policy:?}"),
    }
}

fn by_hand(files: &[&str]) -> Vec<Policy> {
    let read =
        |path: &&str| stored(serde_saphyr::from_str(&file(path)).unwrap_or_else(|error| panic!("{path}: {error}")));
    files.iter().map(read).collect()
}

fn by_profile(folder: &str) -> Vec<Policy> {
    let texts = Texts { profile: file(&format!("{folder}/profile")), ..Texts::default() };
    render(&texts).unwrap_or_else(|problem| panic!("{folder}: {problem}")).into_iter().map(rendered).collect()
}

fn wrong(title: &str, policies: &[Policy], rows: &[Row]) -> Vec<String> {
    let verdict = |row: &Row| {
        let (from, to, protocol, port, _) = *row;
        allowed(policies, &Flow { from: end(from), to: end(to), protocol, port })
    };
    rows.iter()
        .filter(|row| verdict(row) != row.4)
        .map(|(from, to, protocol, port, expected)| {
            let (is, should) = if *expected { ("denied", "allowed") } else { ("allowed", "denied") };
            format!("{title}: {from} -> {to} {protocol} {port} is {is}, and should be {should}")
        })
        .collect()
}

/// Both ways of saying it give every flow its verdict.
fn same(files: &[&str], profile: &str, rows: &[&[Row]]) {
    let rows = rows.concat();
    let mut problems = wrong("by hand", &by_hand(files), &rows);
    problems.extend(wrong("by profile", &by_profile(profile), &rows));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// What no need opens: it stays denied in every set.
const NEVER: &[Row] = &[
    ("random client", "api", "TCP", 80, NO),
    ("random client", "api", "TCP", 8080, NO),
    ("random client", "frontend", "TCP", 80, NO),
    ("frontend elsewhere", "api", "TCP", 80, NO),
    ("frontend", "api elsewhere", "TCP", 80, NO),
    ("api", "api elsewhere", "TCP", 80, NO),
    ("api", "frontend", "TCP", 80, NO),
    ("frontend", "api", "UDP", 80, NO),
    ("frontend", "api", "SCTP", 80, NO),
    ("frontend", "api", "TCP", 443, NO),
    ("frontend", "api", "TCP", 81, NO),
    ("frontend", "api", "TCP", 8080, NO),
    ("frontend", "random client", "TCP", 80, NO),
    ("api", "random client", "TCP", 80, NO),
    ("203.0.113.10", "api", "TCP", 80, NO),
    ("203.0.113.10", "api", "TCP", 443, NO),
    ("203.0.113.10", "frontend", "TCP", 80, NO),
    ("frontend", "203.0.113.10", "TCP", 443, NO),
    ("random client", "203.0.113.10", "TCP", 443, NO),
    ("api", "192.0.2.1", "TCP", 443, NO),
    ("api", "scraper", "TCP", 8080, NO),
    ("dns", "api", "UDP", 53, NO),
    ("dns", "frontend", "TCP", 53, NO),
];

const FRONTEND_CALLS_API: &[Row] = &[("frontend", "api", "TCP", 80, YES), ("other frontend", "api", "TCP", 80, YES)];

const NO_DNS: &[Row] = &[("api", "dns", "UDP", 53, NO), ("random client", "dns", "UDP", 53, NO)];

const NAMES: &[Row] = &[
    ("frontend", "dns", "UDP", 53, YES),
    ("frontend", "dns", "TCP", 53, YES),
    ("api", "dns", "UDP", 53, YES),
    ("api", "dns", "TCP", 53, YES),
    // Of no tier: the policy for DNS selects every Pod.
    ("random client", "dns", "UDP", 53, YES),
    ("random client", "dns", "TCP", 53, YES),
    ("api", "dns", "SCTP", 53, NO),
    ("api", "dns", "UDP", 54, NO),
    ("api", "dns", "TCP", 9153, NO),
    ("api", "proxy", "UDP", 53, NO),
    ("api", "fake dns", "UDP", 53, NO),
    ("api", "198.51.100.53", "UDP", 53, NO),
];

const NO_SCRAPES: &[Row] = &[("scraper", "api", "TCP", 8080, NO)];

const SCRAPES: &[Row] = &[
    ("scraper", "api", "TCP", 8080, YES),
    ("scraper", "api", "TCP", 80, NO),
    ("scraper", "api", "TCP", 8081, NO),
    ("scraper", "api", "UDP", 8080, NO),
    ("scraper", "frontend", "TCP", 8080, NO),
    ("scraper", "random client", "TCP", 8080, NO),
    // Both halves of the peer must hold: another Pod of the namespace, and the same labels in another namespace.
    ("grafana", "api", "TCP", 8080, NO),
    ("fake scraper", "api", "TCP", 8080, NO),
    ("scraper elsewhere", "api", "TCP", 8080, NO),
];

const NO_PAYMENT: &[Row] = &[("api", "203.0.113.10", "TCP", 443, NO)];

const PAYS: &[Row] = &[
    ("api", "203.0.113.0", "TCP", 443, YES),
    ("api", "203.0.113.10", "TCP", 443, YES),
    ("api", "203.0.113.98", "TCP", 443, YES),
    ("api", "203.0.113.99", "TCP", 443, NO),
    ("api", "203.0.113.100", "TCP", 443, YES),
    ("api", "203.0.113.255", "TCP", 443, YES),
    ("api", "203.0.112.255", "TCP", 443, NO),
    ("api", "203.0.114.0", "TCP", 443, NO),
    ("api", "2001:db8::10", "TCP", 443, NO),
    ("api", "203.0.113.10", "TCP", 80, NO),
    ("api", "203.0.113.10", "TCP", 444, NO),
    ("api", "203.0.113.10", "UDP", 443, NO),
    // A block is about addresses outside the cluster, never about Pods.
    ("api", "api elsewhere", "TCP", 443, NO),
];

#[test]
fn default_deny_all_is_a_profile_that_allows_nothing() {
    let no_calls = [("frontend", "api", "TCP", 80, NO), ("other frontend", "api", "TCP", 80, NO)];
    same(&[DENY], "default-deny-all", &[NEVER, &no_calls, NO_DNS, NO_SCRAPES, NO_PAYMENT]);
}

#[test]
fn allow_frontend_to_api_needs_a_second_policy_by_hand_and_one_statement_in_a_profile() {
    let files = [DENY, FRONTEND_TO_API, FRONTEND_EGRESS];
    same(&files, "allow-frontend-to-api", &[NEVER, FRONTEND_CALLS_API, NO_DNS, NO_SCRAPES, NO_PAYMENT]);
}

#[test]
fn without_the_way_out_of_the_frontend_the_call_is_denied_though_the_api_allows_it() {
    let call = [("frontend", "api", "TCP", 80, NO), ("other frontend", "api", "TCP", 80, NO)];
    let forgotten = wrong("by hand", &by_hand(&[DENY, FRONTEND_TO_API]), &call);
    assert!(forgotten.is_empty(), "{}", forgotten.join("\n"));
    // It is not seen where only ingress is isolated: the policy alone seems to work.
    let alone = wrong("alone", &by_hand(&[FRONTEND_TO_API]), FRONTEND_CALLS_API);
    assert!(alone.is_empty(), "{}", alone.join("\n"));
}

#[test]
fn allow_dns_egress_is_the_default_of_a_profile() {
    let files = [DENY, FRONTEND_TO_API, FRONTEND_EGRESS, DNS];
    same(&files, "allow-dns-egress", &[NEVER, FRONTEND_CALLS_API, NAMES, NO_SCRAPES, NO_PAYMENT]);
}

#[test]
fn allow_monitoring_scrape_is_metrics_of_a_tier_and_the_scraper() {
    let files = [DENY, FRONTEND_TO_API, FRONTEND_EGRESS, DNS, SCRAPE];
    same(&files, "allow-monitoring-scrape", &[NEVER, FRONTEND_CALLS_API, NAMES, SCRAPES, NO_PAYMENT]);
}

#[test]
fn allow_payment_provider_is_a_block_that_a_tier_calls() {
    let files = [DENY, FRONTEND_TO_API, FRONTEND_EGRESS, DNS, PAYMENT];
    same(&files, "allow-payment-provider", &[NEVER, FRONTEND_CALLS_API, NAMES, NO_SCRAPES, PAYS]);
}

#[test]
fn a_single_policy_leaves_the_other_direction_open_and_a_profile_does_not() {
    let out = [("api", "192.0.2.1", "TCP", 443, YES), ("random client", "frontend", "TCP", 80, YES)];
    let by_hand = wrong("by hand", &by_hand(&[FRONTEND_TO_API]), &out);
    assert!(by_hand.is_empty(), "{}", by_hand.join("\n"));
    let closed = [("api", "192.0.2.1", "TCP", 443, NO), ("random client", "frontend", "TCP", 80, NO)];
    let by_profile = wrong("by profile", &by_profile("allow-frontend-to-api"), &closed);
    assert!(by_profile.is_empty(), "{}", by_profile.join("\n"));
}
