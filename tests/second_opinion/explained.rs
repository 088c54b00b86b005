//! Where nca is known to be wrong, or to refuse what is legal, and what decides that.
//!
//! None of it is overlooked: nca is asked about such a case in words that it understands, and then has to say the same as
//! we do. Where it says something else of the case as it stands, that is counted and told.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::networking::v1::NetworkPolicySpec,
    apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement},
};

use crate::case::Case;

pub struct Explanation {
    pub name: &'static str,
    /// The words of the API, or of Kubernetes' documentation, that decide.
    pub api: &'static str,
    /// The same case, said so that nca gets it right. Equal to the case where this explains nothing.
    pub in_other_words: fn(&Case) -> Case,
}

pub const EXPLAINED: &[Explanation] = &[
    Explanation {
        name: "an empty list of egress rules isolates, where policyTypes is missing",
        api: "NetworkPolicySpec.policyTypes: \"it will default based on the existence of ingress or egress rules\", and \"if you \
              want to write a policy that specifies that no egress is allowed, you must specify a policyTypes value that \
              include \"Egress\" (since such a policy would not include an egress section and would otherwise default to \
              just [ \"Ingress\" ])\". That is what the API server fills in for an empty list.",
        in_other_words: without_empty_egress,
    },
    Explanation {
        name: "rules of a direction that policyTypes leaves out are refused",
        api: "NetworkPolicySpec.policyTypes: \"policyTypes is a list of rule types that the NetworkPolicy relates to\". The API server takes \
              rules of others, and they say nothing.",
        in_other_words: without_rules_that_say_nothing,
    },
    Explanation {
        name: "policyTypes are refused in another order",
        api: "NetworkPolicySpec.policyTypes: \"Valid options are [\"Ingress\"], [\"Egress\"], or [\"Ingress\", \"Egress\"]\". \
              The API server takes them in any order.",
        in_other_words: with_types_in_order,
    },
    Explanation {
        name: "Exists and DoesNotExist for Pods of other namespaces select those of the policy's own",
        api: "NetworkPolicyPeer.podSelector: \"If namespaceSelector is also set, then the NetworkPolicyPeer as a whole selects \
              the pods matching podSelector in the Namespaces selected by NamespaceSelector\".",
        in_other_words: with_values_for_existence,
    },
    Explanation {
        name: "a namespace without a key is taken for one where the key's value is empty",
        api: "LabelSelectorRequirement.operator: In is a key's \"relationship to a set of values\"; \"matchLabels is a map of \
              {key,value} pairs\", and a label that is not there is no pair.",
        in_other_words: with_a_word_for_the_empty_value,
    },
];

/// No Pod and no namespace has this value.
const NOBODYS: &str = "nobody-has-this";

fn has(spec: &NetworkPolicySpec, kind: &str) -> bool {
    spec.policy_types.iter().flatten().any(|other| other == kind)
}

fn in_specs(case: &Case, change: impl Fn(&mut NetworkPolicySpec)) -> Case {
    let mut case = case.clone();
    case.policies.iter_mut().filter_map(|policy| policy.spec.as_mut()).for_each(change);
    case
}

fn without_empty_egress(case: &Case) -> Case {
    in_specs(case, |spec| {
        let told = spec.policy_types.as_ref().is_some_and(|types| !types.is_empty());
        if !told && spec.egress.as_ref().is_some_and(Vec::is_empty) {
            spec.egress = None;
        }
    })
}

fn without_rules_that_say_nothing(case: &Case) -> Case {
    in_specs(case, |spec| {
        if spec.policy_types.as_ref().is_some_and(|types| !types.is_empty()) {
            spec.ingress = spec.ingress.take().filter(|_| has(spec, "Ingress"));
            spec.egress = spec.egress.take().filter(|_| has(spec, "Egress"));
        }
    })
}

fn with_types_in_order(case: &Case) -> Case {
    in_specs(case, |spec| {
        // By chance the order of the alphabet turned around.
        spec.policy_types.iter_mut().for_each(|types| types.sort_by(|one, other| other.cmp(one)));
    })
}

/// That a key is there means that it has one of the values that it has anywhere.
fn with_values_for_existence(case: &Case) -> Case {
    let mut changed = case.clone();
    let beside_namespaces = changed.peers_mut().filter(|peer| peer.namespace_selector.is_some());
    let requirements = beside_namespaces.filter_map(|peer| peer.pod_selector.as_mut()).flat_map(requirements);
    for requirement in requirements {
        let operator = match requirement.operator.as_str() {
            "Exists" => "In",
            "DoesNotExist" => "NotIn",
            _ => continue,
        };
        let labels = case.pods.iter().filter_map(|pod| pod.metadata.labels.as_ref());
        let values = labels.filter_map(|labels| labels.get(&requirement.key)).cloned();
        requirement.values = Some(values.chain([NOBODYS.to_owned()]).collect());
        operator.clone_into(&mut requirement.operator);
    }
    changed
}

/// The empty value gets a name, for all namespaces and in all that selects them.
fn with_a_word_for_the_empty_value(case: &Case) -> Case {
    let name = |value: &mut String| {
        if value.is_empty() {
            "was-empty".clone_into(value);
        }
    };
    let mut case = case.clone();
    for namespace in &mut case.namespaces {
        namespace.metadata.labels.iter_mut().flat_map(BTreeMap::values_mut).for_each(name);
    }
    for selector in case.peers_mut().filter_map(|peer| peer.namespace_selector.as_mut()) {
        selector.match_labels.iter_mut().flat_map(BTreeMap::values_mut).for_each(name);
        requirements(selector).flat_map(|requirement| requirement.values.iter_mut().flatten()).for_each(name);
    }
    case
}

fn requirements(selector: &mut LabelSelector) -> impl Iterator<Item = &mut LabelSelectorRequirement> {
    selector.match_expressions.iter_mut().flatten()
}
