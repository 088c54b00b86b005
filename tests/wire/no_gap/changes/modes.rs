//! Changes of names, selectors and modes.

use serde_json::{Value, json};

use super::{Change, Flows, change, remove_cache};

pub fn changes(undeclared: Flows) -> Vec<Change> {
    let called = |spec: &mut Value, name: &str| {
        spec["tiers"][1]["name"] = json!(name);
        for tier in [2, 3] {
            spec["tiers"][tier]["from"] = json!([{"tier": name}]);
        }
    };
    vec![
        change("a tier selects its Pods by another label", &[], &[], |spec| {
            spec["tiers"][2]["podSelector"] = json!({"matchLabels": {"part": "data"}});
        }),
        change("a tier gets another name", &[], &[], move |spec| called(spec, "backend")),
        change("and its old one, while a port gets another name", &[], &[], move |spec| {
            called(spec, "api");
            spec["tiers"][2]["ports"][0]["name"] = json!("postgres");
        }),
        change("only the tiers are isolated", &["stranger-otel"], &[], |spec| spec["isolation"] = json!("Tiers")),
        change("the namespace is isolated", &[], &["stranger-otel"], |spec| spec["isolation"] = json!("Namespace")),
        change("a tier is removed", &[], &["api-cache"], remove_cache),
        change("drift is only reported", &[], &[], |spec| spec["driftPolicy"] = json!("Report")),
        change("drift is repaired", &[], &[], |spec| spec["driftPolicy"] = json!("Repair")),
        change("the policies would stay", &[], &[], |spec| spec["deletionPolicy"] = json!("Orphan")),
        change("the policies would go", &[], &[], |spec| spec["deletionPolicy"] = json!("Delete")),
        change("the profile is suspended", &[], &[], |spec| spec["suspend"] = json!(true)),
        change("the profile works again", &[], &[], |spec| spec["suspend"] = json!(false)),
        change("the profile is switched off", undeclared, &[], |spec| spec["mode"] = json!("Disabled")),
        change("the profile is switched on", &[], undeclared, |spec| spec["mode"] = json!("Enforce")),
        change("the profile is only looked at", &[], &[], |spec| spec["mode"] = json!("Audit")),
        change("the profile is enforced", &[], &[], |spec| spec["mode"] = json!("Enforce")),
    ]
}
