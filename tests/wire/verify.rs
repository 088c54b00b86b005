//! `kubectl appnet verify`: what it finds out on the wire is what the policies say, and nothing stays behind.

use std::{process::Command, sync::OnceLock};

use serde_json::{Value, json};

use crate::{
    cluster::{Cluster, QUIET, eventually},
    place::{Place, Server},
    support::Answer,
    symptoms::node,
};

const MADE_BY: &str = "app.kubernetes.io/managed-by=kubectl-appnet-verify";

/// The node, with the operator's image, which is loaded once: two at the same time would take the file from each other.
fn node_with_image() -> &'static Cluster {
    static IMAGE: OnceLock<()> = OnceLock::new();
    IMAGE.get_or_init(|| node().load_operator());
    node()
}

fn place(name: &str) -> Place {
    let place = Place::on(node_with_image(), name);
    place.start(&[
        Server::new("web", &[7001]),
        Server::new("api", &[8080, 9090]),
        Server::new("db", &[5432]),
        Server::new("stranger", &[7002]),
    ]);
    // Its last port is declared, and nobody listens on it.
    let mut lazy = Server::new("lazy", &[7003]).object();
    lazy["spec"]["containers"][0]["ports"] = json!([{"containerPort": 7003}, {"containerPort": 7999}]);
    place.start_all(&[lazy]);
    let allow = |name: &str, from: &str, to: &str, port: u16| {
        let [ingress, egress] = [("Ingress", "from", to, from), ("Egress", "to", from, to)].map(|(kind, field, own, other)| {
            let rule = json!({field: [{"podSelector": {"matchLabels": {"app": other}}}], "ports": [{"port": port, "protocol": "TCP"}]});
            json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": format!("{name}-{}", kind.to_lowercase())},
                "spec": {"podSelector": {"matchLabels": {"app": own}}, "policyTypes": [kind], kind.to_lowercase(): [rule]}})
        });
        [ingress, egress]
    };
    let dns = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "dns"}, "spec": {
        "podSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["stranger"]}]}, "policyTypes": ["Egress"],
        "egress": [{"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}], "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}]}});
    let deny = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "deny"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}});
    let policies = [
        allow("web-api", "web", "api", 8080),
        allow("api-db", "api", "db", 5432),
        allow("web-lazy", "web", "lazy", 7999),
    ];
    for policy in policies.iter().flatten().chain([&dns, &deny]) {
        place.apply(&policy.to_string());
    }
    place
}

fn verify(place: &Place) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-appnet"));
    command.env("KUBECONFIG", place.cluster.folder().join("kubeconfig"));
    command.args(["verify", "-n", &place.name, "--denied", "all", "-o", "json"]);
    command
}

/// Jobs and Pods that the command made, by name.
fn left(place: &Place) -> Vec<String> {
    let jobs = place.kubectl(&["get", "jobs", "-l", MADE_BY, "-o", "name"]);
    let pods = place.kubectl(&["get", "pods", "-l", "batch.kubernetes.io/job-name", "-o", "name"]);
    jobs.lines().chain(pods.lines()).map(str::to_owned).collect()
}

#[test]
fn over_the_whole_matrix_the_wire_does_what_the_evaluator_says_and_nothing_stays_behind() {
    let _quiet = QUIET.read();
    let place = place("verify");
    // A policy takes a moment to reach the data plane.
    let document = eventually("everything agrees", || {
        let Answer { stdout, stderr, code } = Answer::of(&mut verify(&place), "");
        let document: Value = serde_json::from_str(&stdout).map_err(|error| format!("{error}: {stdout}{stderr}"))?;
        if code == Some(0) { Ok(document) } else { Err(format!("{code:?} {stderr} {stdout}")) }
    });
    let results = document["results"].as_array().expect("results");
    let count = |verdict: &str, expected: &str| {
        results.iter().filter(|one| one["verdict"] == verdict && one["expected"] == expected).count()
    };
    let inconclusive: Vec<_> = results.iter().filter(|one| one["verdict"] == "Inconclusive").collect();
    println!(
        "verify: {} connections: {} allowed and {} denied as the policies say, {} inconclusive",
        results.len(),
        count("Agrees", "allowed"),
        count("Agrees", "denied"),
        inconclusive.len()
    );
    // web to api, api to db; four of five Pods ask DNS over UDP and TCP.
    assert_eq!(count("Agrees", "allowed"), 2 + 8, "{document:#}");
    assert!(count("Agrees", "denied") >= 20, "{document:#}");
    // Allowed, and nobody listens.
    assert_eq!(inconclusive.len(), 1, "{document:#}");
    assert_eq!(inconclusive[0]["port"], "TCP 7999");
    eventually("nothing is left", || {
        let left = left(&place);
        if left.is_empty() { Ok(()) } else { Err(left) }
    });
}

/// Jobs of the command that have not ended.
fn running(place: &Place) -> usize {
    let all = place.get(&["jobs", "-l", MADE_BY]);
    let going = |job: &&Value| job["status"]["completionTime"].is_null() && job["status"]["failed"].is_null();
    all["items"].as_array().expect("a list").iter().filter(going).count()
}

#[test]
fn five_hundred_edges_are_tried_by_a_few_jobs_at_a_time() {
    const AT_ONCE: usize = 2;
    let _quiet = QUIET.read();
    let place = Place::on(node_with_image(), "many");
    let callers = ["a", "b", "c", "d", "e"].map(|letter| format!("caller-{letter}"));
    let ports: Vec<u16> = (20_000..20_100).collect();
    let mut pods: Vec<_> = callers.iter().map(|name| Server::new(name, &[7004])).collect();
    pods.push(Server::new("server", &ports));
    place.start(&pods);
    place.apply(
        &json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "callers"}, "spec": {
            "podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": callers}]}, "policyTypes": ["Ingress", "Egress"],
            "egress": [{"to": [{"podSelector": {"matchLabels": {"app": "server"}}}], "ports": [{"port": 20_000, "endPort": 20_099, "protocol": "TCP"}]}]}})
        .to_string(),
    );
    let mut most = 0;
    let results = eventually("everything agrees", || {
        let mut command = verify(&place);
        command.args(["--at-once", &AT_ONCE.to_string()]);
        let child = command.stdout(std::process::Stdio::piped()).spawn().expect("it starts");
        let ended = std::thread::spawn(move || child.wait_with_output().expect("our own child"));
        while !ended.is_finished() {
            most = most.max(running(&place));
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        let output = ended.join().expect("it was waited for");
        let document: Value = serde_json::from_slice(&output.stdout).map_err(|error| format!("{error}"))?;
        if output.status.success() { Ok(document["results"].clone()) } else { Err(document.to_string()) }
    });
    let of = |verdict: &str, expected: &str| {
        // The rest is DNS.
        let all = results.as_array().expect("results").iter();
        let to_server = |one: &&Value| one["port"].as_str().is_some_and(|port| port.starts_with("TCP 20"));
        all.filter(to_server).filter(|one| one["verdict"] == verdict && one["expected"] == expected).count()
    };
    println!("verify: {} edges agree, {most} Jobs at the same time at most", of("Agrees", "allowed"));
    assert_eq!(of("Agrees", "allowed"), callers.len() * ports.len());
    assert!((1..=AT_ONCE).contains(&most), "{most} Jobs at the same time");
    eventually("nothing is left", || {
        let left = left(&place);
        if left.is_empty() { Ok(()) } else { Err(left) }
    });
}

#[test]
fn a_data_plane_that_does_something_else_is_told() {
    let _quiet = QUIET.read();
    let place = place("differs");
    // The evaluator reads standard policies only: one of Cilium's own denies what they allow.
    place.apply(
        &json!({"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": {"name": "cut"}, "spec": {
            "endpointSelector": {"matchLabels": {"app": "db"}}, "ingressDeny": [{"fromEndpoints": [{"matchLabels": {"app": "api"}}]}]}})
        .to_string(),
    );
    eventually("the difference is told", || {
        let Answer { stdout, stderr, code } = Answer::of(&mut verify(&place), "");
        let document: Value = serde_json::from_str(&stdout).map_err(|error| format!("{error}: {stdout}{stderr}"))?;
        let differs: Vec<_> =
            document["results"].as_array().into_iter().flatten().filter(|one| one["verdict"] == "Differs").collect();
        match differs[..] {
            [one] if code == Some(1) && one["port"] == "TCP 5432" && one["became"] == "silent" => Ok(()),
            _ => Err(format!("{code:?} {stderr} {stdout}")),
        }
    });
}

#[test]
fn what_it_started_goes_by_itself_when_it_is_killed() {
    let _quiet = QUIET.read();
    let place = place("killed");
    let mut running = verify(&place).spawn().expect("it starts");
    eventually("it has started something", || {
        let left = left(&place);
        if left.is_empty() { Err("nothing") } else { Ok(()) }
    });
    running.kill().expect("it is ours");
    running.wait().expect("it is ours");
    assert!(!left(&place).is_empty(), "it was killed too late");
    let begun = std::time::Instant::now();
    let mut last = Vec::new();
    while begun.elapsed() < std::time::Duration::from_secs(240) {
        last = left(&place);
        if last.is_empty() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_secs(2));
    }
    panic!("{last:?} stay behind");
}
