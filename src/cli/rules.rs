//! The schema's rules (CEL), evaluated here as the API server evaluates them.
//!
//! The model knows every rule too and has the better sentences and paths. This is the second opinion: should the two
//! ever differ, the plugin does not call a file fine that the API server refuses. Rules with `type(...)` are the
//! exception: the evaluator lacks it, so for them the model stands alone.

use kube::core::cel::{CompiledSchema, ErrorKind, Validator, compile_schema};
use serde_json::Value;

use crate::{
    api::{Reason, definition},
    model::Problem,
};

/// The rules of the resource, compiled.
#[derive(Debug)]
pub struct Rules {
    compiled: CompiledSchema,
    validator: Validator,
}

impl Rules {
    /// The rules of an `AppNetworkProfile`.
    #[must_use]
    pub fn of_profiles() -> Self {
        let version = definition().spec.versions.into_iter().next();
        let schema = version.and_then(|version| version.schema?.open_api_v3_schema).unwrap_or_default();
        let schema = serde_json::to_value(schema).unwrap_or_default();
        Self { compiled: compile_schema(&schema), validator: Validator::new() }
    }

    /// The rules that an object breaks. Rules that cannot be evaluated say nothing: where a value is missing or of
    /// another type than they expect, the schema has refused it already.
    #[must_use]
    pub fn broken(&self, settled: &Value) -> Vec<Problem> {
        let broken = self.validator.validate_compiled(&self.compiled, settled, None);
        let errors = broken.err().into_iter().flatten();
        errors
            .filter(|error| error.kind == ErrorKind::ValidationFailure)
            .map(|error| Problem { path: error.field_path, message: error.message, reason: Reason::InvalidSpec })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_rule_compiles() {
        fn errors(schema: &CompiledSchema) -> Vec<String> {
            let own = schema.validations.iter().filter_map(|rule| rule.as_ref().err().map(ToString::to_string));
            let below = schema.properties.values().chain(schema.items.as_deref());
            own.chain(below.chain(schema.additional_properties.as_deref()).flat_map(errors)).collect()
        }
        assert_eq!(errors(&Rules::of_profiles().compiled), Vec::<String>::new());
    }

    #[test]
    fn only_rules_that_ask_for_a_type_cannot_be_evaluated() {
        let peers = json!({"namespace": "there", "podSelector": {"matchLabels": {"app": "x"}}});
        let port = json!({"port": 1, "endPort": 2});
        let object = json!({"metadata": {"name": "shop"}, "spec": {
            "tiers": [{
                "name": "api",
                "podSelector": {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "k", "operator": "In", "values": ["v"]}]},
                "ports": [{"name": "http", "port": 80, "endPort": 81}],
                "from": [{"cidr": "192.0.2.0/24", "except": ["192.0.2.7/32"], "ports": ["http"]}, {"pods": peers}, {"tier": "api"}],
                "exposed": {"ports": ["http"]},
                "metrics": {"ports": ["http"]},
                "to": [{"name": "pay", "cidr": "192.0.2.0/24", "except": ["192.0.2.7/32"], "ports": [port]}, {"name": "kube", "apiServer": {}}],
            }],
            "dns": {"mode": "Explicit", "resolvers": [{"cidr": "192.0.2.53/32"}]},
            "monitoring": {"from": [peers]},
            "ingressController": {"from": [{"cidr": "192.0.2.0/24"}]},
            "telemetry": [{"name": "otel", "pods": peers, "ports": [port]}],
        }});
        let rules = Rules::of_profiles();
        let errors = rules.validator.validate_compiled(&rules.compiled, &object, None).expect_err("some cannot");
        let evaluated: Vec<_> = errors.iter().filter(|error| !error.rule.contains("type(")).collect();
        assert!(evaluated.is_empty(), "{evaluated:?}");
    }
}
