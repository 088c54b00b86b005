//! The schema with its rules and the Rust model say the same about the same profiles.
//!
//! The rules run in the API server; here an evaluator of the same language runs them. The API server itself has its
//! say on the same files where a control plane can be had.

use std::rc::Rc;

use appnet::{
    api::AppNetworkProfile,
    cli::{
        Rules, manifests, platform,
        yaml::{self, Node},
    },
    model::{
        Problem, parse,
        shape::{Schema, Shape},
    },
};
use serde_json::Value;

#[path = "bad_input/cases.rs"]
mod cases;

/// The profiles of a case that have the right kind and version.
fn profiles(case: &cases::Case) -> Vec<Value> {
    let Ok(text) = yaml::text(&case.bytes) else { return Vec::new() };
    let (documents, _) = yaml::documents(text);
    let roots: Vec<Rc<Node>> = documents.into_iter().filter_map(|document| document.root).collect();
    let found = roots.iter().flat_map(|root| manifests(root).0);
    found.filter(|manifest| manifest.misnamed.is_none()).map(|manifest| manifest.node.to_value()).collect()
}

/// What the schema, its rules and the model say about a profile that can be read.
struct Opinions {
    shape: Shape,
    rules: Vec<Problem>,
    model: Vec<Problem>,
}

fn opinions(cases: &[cases::Case]) -> Vec<(String, Opinions)> {
    let (schema, rules) = (Schema::of_profiles(), Rules::of_profiles());
    let platform = platform(None).expect("no configuration is a valid one");
    let profiles = cases.iter().flat_map(|case| profiles(case).into_iter().map(|profile| (case.name(), profile)));
    let opinions = profiles.filter_map(|(name, profile)| {
        let shape = schema.check(&profile);
        if !shape.is_readable() {
            return None;
        }
        let mut object = shape.settled.clone();
        object.as_object_mut().expect("an object").remove("status");
        let profile: AppNetworkProfile = serde_json::from_value(object).expect("what the schema calls readable is");
        let model = parse(&profile, &platform).err().map(|problems| problems.iter().cloned().collect());
        let rules = rules.broken(&shape.settled);
        Some((name, Opinions { shape, rules, model: model.unwrap_or_default() }))
    });
    opinions.collect()
}

/// Metadata is no part of the schema, and who protects which namespace is not known to the API server.
fn of_the_spec(problem: &Problem) -> bool {
    !problem.path.starts_with("metadata") || problem.path == "metadata.name" && problem.message.starts_with('`')
}

/// The evaluator cannot ask for the type of a value, so it is silent where the rule does.
fn asks_for_a_type(message: &str) -> bool {
    cases::rules().iter().any(|(rule, sentence)| rule.contains("type(") && message.starts_with(sentence.as_str()))
}

#[test]
fn schema_and_model_come_to_the_same_verdict_on_every_case() {
    let all: Vec<_> = cases::bad().into_iter().chain(cases::good()).collect();
    let opinions = opinions(&all);
    assert!(opinions.len() > 120, "only {} profiles can be read", opinions.len());
    for (name, Opinions { shape, rules, model }) in opinions {
        let schema_refuses = !rules.is_empty() || shape.bounds.iter().any(of_the_spec);
        let mut model_says = model.iter().filter(|problem| of_the_spec(problem)).peekable();
        let model_refuses = model_says.peek().is_some();
        let unheard = model_refuses && !schema_refuses && model_says.all(|problem| asks_for_a_type(&problem.message));
        assert!(schema_refuses == model_refuses || unheard, "{name}:\nrules {rules:#?}\nmodel {model:#?}");
    }
}

#[test]
fn the_model_says_every_sentence_of_a_broken_rule_at_its_place_or_closer_to_the_value() {
    for (name, Opinions { rules, model, .. }) in opinions(&cases::bad()) {
        for rule in rules {
            let near =
                |problem: &&Problem| problem.path.starts_with(&rule.path) || rule.path.starts_with(&problem.path);
            let said = model.iter().filter(near).any(|problem| problem.message.starts_with(&rule.message));
            assert!(said, "{name}: {rule}\nmodel {model:#?}");
        }
    }
}

#[test]
fn every_rule_of_the_schema_has_a_case_that_breaks_it() {
    let expected: Vec<_> = cases::bad().into_iter().flat_map(|case| case.expected).collect();
    for (rule, sentence) in cases::rules() {
        let broken = expected
            .iter()
            .any(|expected| sentence.starts_with(&expected.message) || expected.message.starts_with(&sentence));
        assert!(broken, "no case breaks: {sentence}\n{rule}");
    }
}

#[test]
fn what_is_right_is_right_for_everyone() {
    let opinions = opinions(&cases::good());
    assert!(opinions.len() >= 15, "{}", opinions.len());
    for (name, Opinions { shape, rules, model }) in opinions {
        let said: Vec<_> = [shape.unknown, shape.bounds, rules, model].concat();
        assert!(said.is_empty(), "{name}: {said:#?}");
    }
}
