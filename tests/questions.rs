//! What one asks by hand when a connection fails, command by command, and what the plugin answers: the rows of the table "The workflow,
//! step by step" of `docs/troubleshooting.md`. Each is asked of an app in which all is well, and of one in which this is what is wrong.

use std::{collections::BTreeSet, fs, path::Path};

use plugin::run;

#[path = "lint/plugin.rs"]
mod plugin;

/// Asks about a case of the catalogue, and finds these words in the answer.
fn answers(verb: &str, case: &str, words: &[&str]) {
    let file = format!("{}/tests/faults/{case}.yaml", env!("CARGO_MANIFEST_DIR"));
    let asked: Vec<_> = verb.split_whitespace().chain(["-f", &file]).collect();
    let (_, out, err) = run(&asked);
    for word in words {
        assert!(out.contains(word), "{verb} -f {case}: no «{word}» in\n{out}{err}");
    }
}

#[test]
fn which_policies_are_there_and_what_do_they_mean_together() {
    answers(
        "diagnose -n shop",
        "healthy/by-hand",
        &["5 policies; of 3 workloads, 3 isolated for ingress and 3 for egress"],
    );
    answers(
        "map -n shop -o list",
        "healthy/by-hand",
        &[
            "shop/web[Deployment] => shop/api[Deployment] : TCP 8080\n",
            "shop/api[Deployment] => shop/db[Deployment] : TCP 5432\n",
        ],
    );
}

#[test]
fn which_labels_do_pods_and_namespaces_have() {
    answers("diagnose -n shop", "faults/policy-selects-near-miss", &["NoMatchingPods", "app=web"]);
    answers("diagnose -n shop", "faults/cross-namespace-wrong-name", &["NoMatchingNamespaces", "'jobs'"]);
    answers("lint", "faults/policy-selects-near-miss", &["app=web"]);
}

#[test]
fn does_the_service_exist_and_does_it_lead_to_pods() {
    let way = "explain --from shop/deploy/web --to shop/svc/api --port 80";
    answers(way, "healthy/by-hand", &["Service shop/api selects 1 Pod", "its port TCP 80 leads to TCP port 'http'"]);
    answers(
        "diagnose -n shop",
        "healthy/by-hand",
        &["3 Services select Pods; nothing was found wrong with their ports"],
    );
    answers("diagnose -n shop", "faults/service-without-pods", &["ServiceWithoutEndpoints"]);
    answers("diagnose -n shop", "faults/target-port-name", &["TargetPortWrong"]);
    answers("diagnose -n shop", "faults/pods-not-ready", &["PodsNotReady"]);
}

#[test]
fn do_names_resolve_from_the_source() {
    answers(
        "diagnose -n shop",
        "healthy/by-hand",
        &["dns: 3 of 3 workloads that ask the cluster may ask kube-system/svc/kube-dns over UDP and TCP"],
    );
    answers(
        "diagnose -n shop",
        "faults/dns-not-allowed",
        &["DNSBlocked shop/deploy/api, shop/deploy/db, shop/deploy/web"],
    );
}

#[test]
fn does_a_call_from_the_source_succeed() {
    answers(
        "explain --from shop/deploy/web --to shop/svc/api --port 80",
        "healthy/by-hand",
        &["ALLOWED shop/deploy/web → shop/deploy/api TCP 8080"],
    );
    answers(
        "explain --from shop/deploy/web --to shop/svc/db --port 5432",
        "healthy/by-hand",
        &["DENIED  shop/deploy/web"],
    );
    answers(
        "diagnose -n shop --from shop/deploy/web --to shop/deploy/db --port 5432",
        "healthy/by-hand",
        &["DENIED  shop/deploy/web", "SameNamespaceBlocked", "kubectl patch networkpolicy"],
    );
}

#[test]
fn does_the_cni_enforce_policies() {
    answers("diagnose -n shop", "healthy/by-hand", &["found Cilium, which enforces policies"]);
    answers("diagnose -n shop", "faults/cni-flannel", &["CNIDoesNotEnforce", "flannel does not enforce NetworkPolicy"]);
    answers("diagnose -n shop", "healthy/without-the-cluster", &["what was read does not tell which CNI there is"]);
}

/// A command by hand that stands in the table has its question here, and the other way round.
#[test]
fn every_command_of_the_page_is_asked_here() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/troubleshooting.md");
    let page = fs::read_to_string(page).expect("docs/troubleshooting.md");
    let (_, table) = page.split_once("| by hand | with the plugin |\n").expect("a table");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let commands: BTreeSet<_> = rows
        .filter_map(|row| row.strip_prefix("| ")?.split(" | ").next())
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(|command| {
            command.split_whitespace().take(3).filter(|word| !word.starts_with('-')).collect::<Vec<_>>().join(" ")
        })
        .collect();
    let asked = [
        "curl",
        "kubectl describe networkpolicy",
        "kubectl get endpointslice",
        "kubectl get networkpolicy",
        "kubectl get ns",
        "kubectl get pods",
        "kubectl get svc",
        "nc",
        "nslookup SVC.NS.svc.cluster.local",
    ];
    assert_eq!(commands.iter().map(String::as_str).collect::<Vec<_>>(), asked);
}

#[test]
fn that_nothing_was_found_is_a_success_only_where_somebody_looked() {
    let well = "DNS stopped working\n-------------------\n√ nothing of this was found\n";
    let unknown =
        "Metrics are missing\n-------------------\n· nothing of this was found; whether it is well is not known\n";
    answers("diagnose -n shop --symptom dns", "healthy/by-hand", &[well]);
    answers("diagnose -n shop --symptom metrics", "healthy/by-hand", &[unknown, "· metrics: "]);
}
