//! What is wrong is told with its place, and the rest is read all the same.

use crate::reading::{files, pods, policies, problems};

fn found(text: &str) -> (Vec<String>, Vec<String>) {
    let reading = files(&[("f", text)]);
    (problems(&reading), pods(&reading))
}

#[test]
fn broken_yaml_is_reported_where_it_breaks_and_other_documents_go_on() {
    let (problems, pods) = found(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\nkind: Pod\nmetadata: [1, 2\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: b}\n",
    );
    assert_eq!(pods, ["here/a Pod/a", "here/b Pod/b"]);
    assert!(problems[0].starts_with("f:6:11: must be YAML: unclosed"), "{problems:?}");
    assert_eq!(problems.len(), 1);
}

#[test]
fn a_list_that_breaks_off_is_reported_and_nothing_of_it_counts() {
    let yaml =
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n- {apiVersion: v1\n";
    let json = "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\n{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"a\"}},\n{\"apiVersion\"";
    for text in [yaml, json] {
        let (problems, pods) = found(text);
        assert_eq!((problems.len(), pods.len()), (1, 0), "{problems:?}");
    }
}

#[test]
fn text_that_yaml_parsers_read_differently_spoils_its_document_only() {
    let (problems, pods) =
        found("kind: Pod\nmetadata: {name: \"a\u{85}\"}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: b}\n");
    assert_eq!(pods, ["here/b Pod/b"]);
    assert!(problems[0].starts_with("f:2:20: must not have the character U+0085"), "{problems:?}");
    // JSON has no such trouble.
    let (problems, pods) = found(
        "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"a\", \"annotations\": {\"x\": \"\u{85}\"}}}",
    );
    assert_eq!((problems, pods.len()), (vec![], 1));
}

#[test]
fn a_field_of_a_wrong_type_is_named_with_its_place_and_others_go_on() {
    let bad = "{\"apiVersion\": \"v1\", \"kind\": \"Pod\",\n \"metadata\": {\"name\": \"a\", \"labels\": {\"app.io/on\": true}}}";
    let good = "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"b\"}}";
    let list = format!("{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\n{bad},\n{good}]}}");
    for text in [list.clone(), format!("#\n{list}")] {
        let line = 3 + usize::from(text.starts_with('#'));
        let (problems, pods) = found(&text);
        assert_eq!(
            problems,
            [format!(
                "f:{line}:39: items[0].metadata.labels[app.io/on]: must be readable: invalid type: boolean `true`, expected a string"
            )]
        );
        assert_eq!(pods, ["here/b Pod/b"]);
    }
    let (problems, _) = found(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - ports:\n    - containerPort: 70000\n",
    );
    assert!(
        problems[0].starts_with("f:7:7: spec.containers[0].ports[0].containerPort: must be readable: invalid value"),
        "{problems:?}"
    );
    // What is not needed may have any type.
    let (problems, pods) =
        found("apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: 7}\nspec: {volumes: 8}\n");
    assert_eq!((problems.len(), pods.len()), (0, 1));
}

// Pitfall 8. Pitfall 11.
#[test]
fn a_policy_that_the_api_server_would_refuse_is_reported_with_everything_in_it_and_others_go_on() {
    let policy = |name: &str, rest: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}}}\nspec:\n  podSelector: {{}}\n{rest}---\n"
        )
    };
    let bad = "  ingress:\n  - ports:\n    - {port: http, endPort: 90}\n    from:\n    - ipBlock: {cidr: 10.0.0.0/8, except: [192.0.2.0/24]}\n";
    let reading = files(&[("f", &[policy("good", ""), policy("bad", bad), policy("also-good", "")].concat())]);
    assert_eq!(policies(&reading), ["here/also-good", "here/good"]);
    let found = problems(&reading);
    assert_eq!(found.len(), 2, "{found:?}");
    let begins = |text: &str| found.iter().any(|problem| problem.starts_with(text));
    assert!(begins("f:14:20: spec.ingress[0].ports[0].endPort: must not be there when"), "{found:?}");
    assert!(begins("f:16:44: spec.ingress[0].from[0].ipBlock.except[0]: must be a smaller block"), "{found:?}");
}

// Pitfall 57.
#[test]
fn a_policy_of_a_name_that_cannot_be_is_reported_and_evaluated_all_the_same() {
    let policy = |metadata: &str| {
        format!("---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{{metadata}}}\n")
    };
    let text = ["name: Allow_all", "name: allow.v2", "generateName: allow-", "namespace: shop"].map(policy).concat();
    let reading = files(&[("f", &text)]);
    assert_eq!(policies(&reading), ["here/Allow_all", "here/allow-", "here/allow.v2"]);
    let found = problems(&reading);
    assert!(found[0].starts_with("f:4:12: metadata.name: must be a DNS subdomain"), "{found:?}");
    assert_eq!(found[1..], ["f:16:1: metadata.name: must be given"]);
}

#[test]
fn the_same_object_in_two_dumps_counts_once_and_one_that_differs_is_reported() {
    let policy = |types: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: a, resourceVersion: '{}'}}\nspec: {{policyTypes: [{types}]}}\n",
            types.len()
        )
    };
    let reading = files(&[("a", &policy("Ingress")), ("b", &policy("'Ingress'"))]);
    assert_eq!((policies(&reading), problems(&reading)), (vec!["here/a".to_owned()], vec![]));

    let reading = files(&[("a", &policy("Ingress")), ("b", &format!("\n---\n{}", policy("Egress")))]);
    assert_eq!(
        problems(&reading),
        [
            "b:3:1: NetworkPolicy 'a' must appear only once, and stands in a:1:1 too, where it says something else; as with kubectl apply the last one counts; remove one"
        ]
    );
    assert!(reading.picture.policies[0].ingress.is_none());
    assert_eq!(reading.policy("here", "a").map(|source| source.file.to_string()), Some("b".into()));
    // One that would be refused takes no other's place.
    let reading = files(&[("a", &policy("Ingress")), ("b", &policy("Sideways"))]);
    assert!(reading.picture.policies[0].ingress.is_some());
}

#[test]
fn a_profile_that_two_files_tell_counts_once_and_of_two_that_differ_the_last_one() {
    let profile = |more: &str| {
        format!(
            "apiVersion: appnet.dev/v1alpha1\nkind: AppNetworkProfile\nmetadata: {{name: shop, labels: {{length: '{}'}}}}\nspec: {{tiers: [{{name: api, podSelector: {{matchLabels: {{app: api}}}}}}]{more}}}\n",
            more.len()
        )
    };
    // Defaults that the API server filled in are no difference.
    let reading = files(&[("a", &profile("")), ("b", &profile(", mode: Enforce")), ("a", &profile(""))]);
    assert_eq!((reading.profiles.len(), problems(&reading)), (1, vec![]));
    let others = ["namespace: blog, ", "namespace: here, "]
        .map(|namespace| profile(", mode: Audit").replace("name: shop", &format!("{namespace}name: shop")));
    let reading = files(&[("a", &profile("")), ("b", &format!("\n---\n{}", others.join("---\n")))]);
    assert_eq!(
        problems(&reading),
        [
            "b:8:1: AppNetworkProfile 'shop' must appear only once, and stands in a:1:1 too, where it says something else; as with kubectl apply the last one counts; remove one"
        ]
    );
    let found: Vec<_> = reading.profiles.iter().map(|one| (one.key("here"), one.spec()["mode"].clone())).collect();
    assert_eq!(found, [(Some(("here", "shop")), "Audit".into()), (Some(("blog", "shop")), "Audit".into())]);
}

#[test]
fn objects_whose_names_the_api_server_completes_are_never_the_same() {
    let job = "---\n{apiVersion: batch/v1, kind: Job, metadata: {generateName: tidy-}}\n";
    assert_eq!(found(&job.repeat(2)).1, ["here/tidy- Job/tidy-", "here/tidy- Job/tidy-"]);
}

#[test]
fn a_file_that_is_no_text_is_reported() {
    let mut reader = appnet::cli::read::Reader::new("here");
    reader.add_bytes("f", b"a: 1\nb: caf\xe9\n");
    let reading = reader.finish();
    assert!(problems(&reading)[0].starts_with("f:2:7: must be UTF-8"), "{:?}", problems(&reading));
}
