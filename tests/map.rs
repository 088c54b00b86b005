//! `kubectl appnet map`, as it is run: the real binary over real files.
//!
//! `UPDATE_GOLDEN=1 cargo test --test map` writes the files in `tests/map/golden` and `docs/map` anew.

use std::{
    fs,
    path::{Path, PathBuf},
};

use plugin::{folder, run, run_with_input};
use serde_json::Value;

#[path = "map/agreement.rs"]
mod agreement;
#[path = "map/documentation.rs"]
mod documentation;
#[path = "map/exposure.rs"]
mod exposure;
#[path = "map/formats.rs"]
mod formats;
#[path = "lint/plugin.rs"]
mod plugin;
#[path = "map/schema.rs"]
mod schema;

const SHOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/map/shop.yaml");

/// What standard error says of the shop, besides.
const ON_HOST: &str = "unknown: 1 Pod is on the host network (ops/agent)";

/// The map of the shop with these flags.
fn shop(flags: &[&str]) -> String {
    let (code, out, err) = run(&[&["map", "-f", SHOP], flags].concat());
    assert!(code == 0 && err.starts_with(ON_HOST) && err.lines().count() == 1, "{flags:?}: {code} {err}");
    out
}

fn json(flags: &[&str]) -> Value {
    serde_json::from_str(&shop(&[&["-o", "json"], flags].concat())).expect("JSON")
}

/// Is this what stands in the file? Writes it there when asked to.
fn assert_is(file: &Path, text: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(file, text).expect("a file that can be written");
    }
    let wanted = fs::read_to_string(file).unwrap_or_default();
    assert!(wanted == text, "not as in {}:\n{text}", file.display());
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/map/golden").join(name)
}

/// A Deployment for each name, without any policy.
fn deployments(names: &[String]) -> String {
    let one = |name: &String| {
        serde_json::json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "shop"},
            "spec": {
                "selector": {"matchLabels": {"app": "x"}},
                "template": {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "x", "image": "x"}]}},
            },
        })
    };
    serde_json::json!({"apiVersion": "v1", "kind": "List", "items": names.iter().map(one).collect::<Vec<_>>()})
        .to_string()
}

#[test]
fn only_pairs_with_an_end_in_the_namespace() {
    let out = shop(&["--only", "ops"]);
    assert_eq!(
        out,
        "0.0.0.0-255.255.255.255[External] => ops/agent[DaemonSet] : All Connections\n\
         ops/agent[DaemonSet] => 0.0.0.0-255.255.255.255[External] : All Connections\n"
    );
    assert_eq!(shop(&["--only", "ops", "--only", "shop"]), shop(&[]));
}

#[test]
fn ends_are_named_by_name_with_namespace_with_stars_or_as_the_map_writes_them() {
    let to_db = "shop/api[Deployment] => shop/db[StatefulSet] : TCP 5432\n\
                 shop/worker-0[Pod] => shop/db[StatefulSet] : All Connections\n";
    for name in ["db", "shop/db", "d*", "shop/d*", "*/db", "shop/db[StatefulSet]"] {
        assert_eq!(shop(&["--to", name]), to_db, "{name}");
    }
    let from_worker = "shop/worker-0[Pod] => shop/db[StatefulSet] : All Connections\n";
    // A workload that is shown Pod by Pod keeps its name.
    for name in ["worker", "shop/worker", "worker-0", "worker-*"] {
        assert_eq!(shop(&["--from", name]), from_worker, "{name}");
    }
    let both = shop(&["--from", "worker", "--from", "api", "--to", "db"]);
    assert_eq!(both, to_db);
}

#[test]
fn filters_take_away_lines_and_nothing_else() {
    let (whole, mut found) = (shop(&[]), Vec::new());
    let names = ["api", "db", "web", "worker", "agent"];
    for name in names {
        found.extend(shop_or_nothing(&["--from", name]).lines().map(str::to_owned));
    }
    let from_nodes: Vec<_> =
        whole.lines().filter(|line| line.starts_with("shop/") || line.starts_with("ops/")).collect();
    found.sort();
    assert_eq!(found, from_nodes);
}

/// The same where it is fine that nothing is left.
fn shop_or_nothing(flags: &[&str]) -> String {
    let (code, out, err) = run(&[&["map", "-f", SHOP], flags].concat());
    assert_eq!(code, 0, "{err}");
    assert_eq!(out.is_empty(), err.contains("no connection is allowed here for certain"), "{flags:?}: {err}");
    out
}

#[test]
fn a_filter_that_matches_nothing_names_what_comes_close() {
    for (flags, sentence) in [
        (["--only", "shpo"], "--only 'shpo': no namespace with workloads has this name; did you mean 'shop'?"),
        (["--from", "wbe"], "--from 'wbe': no workload or Pod has this name; did you mean 'web'?"),
        (["--to", "shop/bd"], "--to 'shop/bd': no workload or Pod has this name; did you mean 'shop/db'?"),
        (["--to", "elsewhere"], "--to 'elsewhere': no workload or Pod has this name"),
        (["--to", "a\u{1b}[1m"], "--to 'a\\u{1b}[1m': no workload or Pod has this name"),
    ] {
        let (code, out, err) = run(&[&["map", "-f", SHOP][..], &flags].concat());
        assert_eq!((code, out.as_str()), (2, ""), "{flags:?}");
        assert_eq!(err.lines().last(), Some(&*format!("error: {sentence}")), "{err}");
    }
}

#[test]
fn a_map_of_nothing_is_an_error() {
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a, namespace: b}\nspec: {podSelector: {}}\n";
    for input in ["", policy] {
        let (code, out, err) = run_with_input(&["map", "-f", "-", "-o", "json"], input.as_bytes());
        assert_eq!((code, out.as_str()), (2, ""));
        assert_eq!(err, "error: nothing to map: no Pod and no workload was found\n");
    }
}

#[test]
fn the_rest_is_printed_when_something_cannot_be_read() {
    let (code, out, err) = run(&["map", "-f", SHOP, "-f", "nowhere.yaml", "-o", "json"]);
    let map: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, map["partial"].clone()), (2, Value::Bool(true)));
    let notes: Vec<_> = map["notes"].as_array().expect("notes").iter().filter_map(Value::as_str).collect();
    assert_eq!(notes, err.lines().collect::<Vec<_>>());
    assert!(notes[0].starts_with("error: nowhere.yaml: cannot be read"), "{notes:?}");
    let words = "something could not be read; the map is about the rest";
    for (format, above) in [
        ("list", format!("PARTIAL: {words}\n")),
        ("matrix", format!("PARTIAL: {words}\n")),
        ("md", format!("**Partial:** {words}.\n\n")),
        ("mermaid", format!("%% PARTIAL: {words}\n")),
        ("dot", format!("// PARTIAL: {words}\n")),
        ("csv", String::new()),
        ("svg", String::new()),
    ] {
        let (code, out, _) = run(&["map", "-f", SHOP, "-f", "nowhere.yaml", "-o", format]);
        assert_eq!((code, out), (2, above + &shop(&["-o", format])), "{format}");
    }
}

#[test]
fn what_is_too_large_for_a_picture_is_refused_with_a_way_out() {
    let names: Vec<_> = (0..45).map(|number| format!("app-{number:02}")).collect();
    let folder = folder("map_too_large", &[("apps.json", &deployments(&names))]);
    let folder = folder.display().to_string();
    let (code, out, err) = run(&["map", "-f", &folder, "-o", "matrix"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert_eq!(
        err,
        "error: more than 40 workloads and addresses are too many for this format; name some with --only, --from or --to, or \
         use another format, as -o list\n"
    );
    let (code, out, _) = run(&["map", "-f", &folder, "-o", "matrix", "--from", "app-0*", "--to", "app-1*"]);
    assert_eq!((code, out.lines().next().map(|head| head.split_whitespace().count())), (0, Some(23)));
    let (code, _, err) = run(&["map", "-f", &folder, "-o", "mermaid"]);
    assert_eq!(
        (code, err.as_str()),
        (0, "2070 arrows: Mermaid draws no more than 500, unless its maxEdges is raised\n")
    );
}

#[test]
fn each_line_begins_with_who_calls_however_long_the_names_are() {
    // In order. Neighbours differ in one letter, in many, at both ends of the name, or in its length.
    let names = ["a", "b", "backend-of-the-shop-a", "backend-of-the-shop-b", "c", "packend-in-the-shop-d", "z"];
    let (code, out, err) = run_with_input(&["map", "-f", "-"], deployments(&names.map(str::to_owned)).as_bytes());
    assert_eq!((code, err.as_str()), (0, ""));
    let (anywhere, node) = ("0.0.0.0-255.255.255.255[External]", |name: &str| format!("shop/{name}[Deployment]"));
    let mut wanted: Vec<_> = names.iter().map(|name| format!("{anywhere} => {}", node(name))).collect();
    for from in names {
        wanted.push(format!("{} => {anywhere}", node(from)));
        wanted.extend(names.iter().filter(|to| **to != from).map(|to| format!("{} => {}", node(from), node(to))));
    }
    let said: Vec<_> = out.lines().map(|line| line.strip_suffix(" : All Connections").unwrap_or(line)).collect();
    assert_eq!(said, wanted);
}

#[test]
fn help_names_every_format() {
    let (code, out, _) = run(&["map", "--help"]);
    let (_, formats) = out.split_once("Formats:\n").expect("a list of formats");
    let mut listed: Vec<_> = formats.lines().map_while(|line| line.strip_prefix("  -o ")?.split(' ').next()).collect();
    let (_, _, err) = run(&["map", "-f", "x", "-o", "png"]);
    let (_, known) = err.split_once("possible values: ").expect("the formats");
    let mut known: Vec<_> = known.lines().next().expect("a line").trim_end_matches(']').split(", ").collect();
    known.sort_unstable();
    listed.sort_unstable();
    assert_eq!((code, listed), (0, known));
}

#[test]
fn exposure_has_no_place_in_pictures() {
    for format in ["matrix", "mermaid", "dot", "svg", "md", "csv"] {
        let (code, out, err) = run(&["map", "-f", SHOP, "--exposure", "-o", format]);
        assert_eq!((code, out.as_str()), (2, ""), "{format}");
        assert!(err.ends_with("error: --exposure has no place in this format; use -o list, json or yaml\n"), "{err}");
    }
}

#[test]
fn whoever_closes_the_pipe_has_seen_enough() {
    use std::{io::Read, process::Stdio};
    let names: Vec<_> = (0..100).map(|number| format!("app-{number:02}")).collect();
    let folder = folder("map_pipe", &[("apps.json", &deployments(&names))]);
    for format in ["list", "mermaid", "dot", "md", "csv", "json", "yaml", "svg"] {
        let mut command = plugin::plugin(&["map", "-f", &folder.display().to_string(), "-o", format]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the plugin runs");
        let mut pipe = child.stdout.take().expect("a pipe");
        pipe.read_exact(&mut [0; 10]).expect("it writes");
        drop(pipe);
        assert_eq!(child.wait().expect("it ends").code(), Some(0), "{format}");
    }
}

#[test]
fn a_full_disk_is_no_success() {
    for format in ["list", "csv", "json", "svg"] {
        let full = fs::File::options().write(true).open("/dev/full").expect("/dev/full");
        let mut command = plugin::plugin(&["map", "-f", SHOP, "-o", format]);
        assert_eq!(command.stdout(full).output().expect("it runs").status.code(), Some(2), "{format}");
    }
}

/// A database that runs elsewhere and a Pod that stands in for it, behind a Service without a selector.
const BY_HAND: &str = "\
{apiVersion: v1, kind: Pod, metadata: {name: standby, namespace: shop, labels: {app: db}}, status: {podIP: 10.1.0.7}}
---
{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {ports: [{name: sql, port: 80}, {name: admin, port: 81}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: db-x, namespace: shop, labels: {kubernetes.io/service-name: db}}
endpoints: [{addresses: [203.0.113.9]}, {addresses: [10.1.0.7]}]
ports: [{name: sql, port: 5432}, {name: admin, port: 9000}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: db, namespace: shop}
spec: {defaultBackend: {service: {name: db, port: {number: 80}}}}
";

#[test]
fn a_way_in_through_a_service_without_a_selector_leads_to_the_pods_that_its_slices_list() {
    let (code, out, err) = run_with_input(&["map", "-f", "-"], BY_HAND.as_bytes());
    let ways_in: Vec<_> = out.lines().filter(|line| line.starts_with("{ingress-controller}")).collect();
    assert_eq!((code, &ways_in[..]), (0, &["{ingress-controller} => shop/standby[Pod] : TCP 5432"][..]), "{err}");
    // A Route of OpenShift may name the port of those that are listed.
    let (others, _) = BY_HAND.split_once("apiVersion: networking.k8s.io/v1").expect("an Ingress");
    let route = "{apiVersion: route.openshift.io/v1, kind: Route, metadata: {name: db, namespace: shop}, spec: {to: {name: db}, port: {targetPort: 9000}}}";
    let (_, out, _) = run_with_input(&["map", "-f", "-"], format!("{others}{route}\n").as_bytes());
    let ways_in: Vec<_> = out.lines().filter(|line| line.starts_with("{ingress-controller}")).collect();
    assert_eq!(ways_in, ["{ingress-controller} => shop/standby[Pod] : TCP 9000"]);
    // Without the slice nobody knows where it leads.
    let without = BY_HAND.replace("service-name: db", "service-name: other");
    let (_, out, _) = run_with_input(&["map", "-f", "-"], without.as_bytes());
    assert!(!out.contains("ingress-controller"), "{out}");
}
