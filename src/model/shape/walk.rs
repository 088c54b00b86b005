//! Walks a value and its schema side by side.

use std::collections::HashSet;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use serde_json::{Map, Value};

use super::{Schema, Shape, expect};
use crate::{
    api::{
        Reason,
        rules::{LABEL_KEY_PATTERN, LABEL_VALUE_PATTERN, check_label_key, check_label_value, text},
    },
    model::{Problem, path::Path},
};

pub(super) fn check(schema: &Schema, value: &Value) -> Shape {
    let mut walk = Walk { unknown: Vec::new(), unreadable: Vec::new(), bounds: Vec::new(), bounded: true };
    let settled = walk.value(value, &schema.root, &Path::Top);
    let Walk { unknown, unreadable, bounds, bounded } = walk;
    Shape { unknown, unreadable, bounds, bounded, settled }
}

struct Walk {
    unknown: Vec<Problem>,
    unreadable: Vec<Problem>,
    bounds: Vec<Problem>,
    bounded: bool,
}

impl Walk {
    /// Checks a value and returns it settled.
    fn value(&mut self, value: &Value, schema: &JSONSchemaProps, path: &Path<'_>) -> Value {
        match (schema.type_.as_deref(), value) {
            (Some("object"), Value::Object(fields)) => self.object(fields, schema, path),
            (Some("array"), Value::Array(items)) => self.list(items, schema, path),
            (Some("string"), Value::String(found)) => self.text(found, schema, path),
            (Some("integer"), Value::Number(number)) if !number.is_f64() => self.number(value, schema, path),
            (Some("number"), Value::Number(_)) => self.number(value, schema, path),
            (Some("boolean"), Value::Bool(_)) => value.clone(),
            (None, Value::Number(number)) if int_or_string(schema) && !number.is_f64() => clamped(value),
            // How long it may be is part of the rule on names of ports, which has the better sentence.
            (None, Value::String(_)) if int_or_string(schema) => value.clone(),
            (None, _) if schema.x_kubernetes_preserve_unknown_fields == Some(true) => value.clone(),
            (wanted, _) => self.unreadable(path, expect::kind(wanted.unwrap_or_default(), value), value),
        }
    }

    fn object(&mut self, fields: &Map<String, Value>, schema: &JSONSchemaProps, path: &Path<'_>) -> Value {
        if !self.length(fields.len(), None, schema.max_properties, "entries", path) {
            return Value::Object(fields.clone());
        }
        let known = schema.properties.as_ref();
        let others = match &schema.additional_properties {
            Some(JSONSchemaPropsOrBool::Schema(schema)) => Some(&**schema),
            Some(JSONSchemaPropsOrBool::Bool(_)) | None => None,
        };
        let mut settled = Map::new();
        for (name, value) in fields {
            let path = path.field(name);
            match known.and_then(|known| known.get(name)).or(others) {
                // The API server takes a null for a field that was left out.
                Some(_) if value.is_null() => {}
                Some(schema) => {
                    settled.insert(name.clone(), self.value(value, schema, &path));
                }
                None => {
                    let known = known.into_iter().flat_map(|known| known.keys()).map(String::as_str);
                    self.unknown.push(problem(&path, expect::unknown_field(name, known)));
                }
            }
        }
        for (name, schema) in known.into_iter().flatten() {
            if let Some(default) = &schema.default
                && !settled.contains_key(name)
            {
                settled.insert(name.clone(), self.value(&default.0, schema, &path.field(name)));
            }
        }
        for name in schema.required.iter().flatten() {
            if !settled.contains_key(name) {
                self.unreadable(&path.field(name), "must be given".into(), &Value::Null);
            }
        }
        Value::Object(settled)
    }

    fn list(&mut self, items: &[Value], schema: &JSONSchemaProps, path: &Path<'_>) -> Value {
        if !self.length(items.len(), schema.min_items, schema.max_items, "entries", path) {
            return Value::Array(items.to_vec());
        }
        let settled: Vec<_> = match &schema.items {
            Some(JSONSchemaPropsOrArray::Schema(schema)) => {
                items.iter().enumerate().map(|(i, item)| self.value(item, schema, &path.item(i))).collect()
            }
            Some(JSONSchemaPropsOrArray::Schemas(_)) | None => items.to_vec(),
        };
        match (schema.x_kubernetes_list_type.as_deref(), schema.x_kubernetes_list_map_keys.as_deref()) {
            (Some("set"), _) => self.unique(&settled, None, path),
            (Some("map"), Some([key])) => self.unique(&settled, Some(key), path),
            _ => {}
        }
        Value::Array(settled)
    }

    fn unique(&mut self, items: &[Value], key: Option<&str>, path: &Path<'_>) {
        let mut seen = HashSet::new();
        for (position, item) in items.iter().enumerate() {
            let item_path = path.item(position);
            let (value, path) = match key {
                Some(key) => (item.get(key).and_then(Value::as_str), item_path.field(key)),
                None => (item.as_str(), item_path),
            };
            if let Some(value) = value
                && !seen.insert(value)
            {
                self.bounds.push(problem(&path, text::duplicate(value)));
            }
        }
    }

    fn text(&mut self, found: &str, schema: &JSONSchemaProps, path: &Path<'_>) -> Value {
        let choices: Vec<_> = schema.enum_.iter().flatten().filter_map(|choice| choice.0.as_str()).collect();
        if !choices.is_empty() && !choices.contains(&found) {
            return self.unreadable(path, expect::choice(found, &choices), &found.into());
        }
        self.length(found.chars().count(), schema.min_length, schema.max_length, "characters", path);
        if let Some(sentence) = schema.pattern.as_deref().and_then(|pattern| broken_pattern(pattern, found)) {
            self.bounds.push(problem(path, sentence));
        }
        found.into()
    }

    fn number(&mut self, value: &Value, schema: &JSONSchemaProps, path: &Path<'_>) -> Value {
        let number = value.as_f64().unwrap_or(f64::NAN);
        let sentence = match (schema.minimum, schema.maximum) {
            (Some(least), Some(most)) if !(least..=most).contains(&number) => {
                Some(format!("must be a number from {least} to {most}"))
            }
            (Some(least), None) if number < least => Some(format!("must be at least {least}")),
            (None, Some(most)) if number > most => Some(format!("must be at most {most}")),
            _ => None,
        };
        self.bounds.extend(sentence.map(|sentence| problem(path, sentence)));
        if schema.format.as_deref() == Some("int32") { clamped(value) } else { value.clone() }
    }

    /// Checks a length. False: there are so many entries that a look at each would help nobody.
    fn length(&mut self, found: usize, least: Option<i64>, most: Option<i64>, of: &str, path: &Path<'_>) -> bool {
        let least = least.and_then(|least| usize::try_from(least).ok()).unwrap_or(0);
        let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
        if found < least {
            self.bounds.push(problem(path, text::too_short(least, of)));
        } else if found > most {
            self.bounds.push(problem(path, text::too_long(most, of, found)));
            // One tier too many is no reason to be silent about the rest. Ten thousand are: rules compare entries with
            // each other, and would keep everyone waiting.
            self.bounded &= of != "entries" || found / 2 <= most;
        }
        found / 2 <= most
    }

    fn unreadable(&mut self, path: &Path<'_>, sentence: String, value: &Value) -> Value {
        self.unreadable.push(problem(path, sentence));
        value.clone()
    }
}

pub(super) fn problem(path: &Path<'_>, message: impl Into<String>) -> Problem {
    Problem { path: path.to_string(), message: message.into(), reason: Reason::InvalidSpec }
}

fn int_or_string(schema: &JSONSchemaProps) -> bool {
    schema.x_kubernetes_int_or_string == Some(true)
}

/// A number that does not fit 32 bits is out of bounds everywhere. Cut to what fits, it stays so, and the rest of the
/// object can be read.
fn clamped(value: &Value) -> Value {
    let number = value.as_i64().unwrap_or(i64::MAX);
    number.clamp(i64::from(i32::MIN), i64::from(i32::MAX)).into()
}

/// The sentence of a pattern that the text breaks. A pattern has none of its own in a schema.
fn broken_pattern(pattern: &str, found: &str) -> Option<String> {
    let check = match pattern {
        LABEL_KEY_PATTERN => check_label_key,
        LABEL_VALUE_PATTERN => check_label_value,
        _ => return None,
    };
    check(found, &()).err().map(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shape(spec: &Value) -> Shape {
        Schema::of_profiles().check(&json!({"metadata": {"name": "shop"}, "spec": spec}))
    }

    #[test]
    fn a_value_comes_back_as_the_server_would_store_it() {
        let shape = shape(&json!({
            "mode": null, "bogus": 1, "monitoring": null,
            "tiers": [{"name": "api", "podSelector": {"matchLabels": {"a": "b", "c": null}}, "ports": [{"name": "http", "port": 80}]}],
        }));
        let settled = json!({
            "mode": "Enforce", "suspend": false, "isolation": "Namespace", "driftPolicy": "Repair",
            "deletionPolicy": "Delete", "dns": {"mode": "Auto"},
            "tiers": [{"name": "api", "podSelector": {"matchLabels": {"a": "b"}}, "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]}],
        });
        assert_eq!(shape.settled["spec"], settled);
        assert_eq!(shape.unknown.len(), 1);
        assert!(shape.is_readable());
    }

    #[test]
    fn a_list_that_is_a_little_too_long_is_looked_into_and_an_endless_one_is_not() {
        let tiers = |count| json!({ "tiers": vec![json!({"podSelector": {}}); count] });
        let little = shape(&tiers(33));
        assert_eq!((little.unreadable.len(), little.bounded), (33, true));
        let endless = shape(&tiers(1000));
        assert_eq!((endless.unreadable.len(), endless.bounded), (0, false));
        assert_eq!(endless.bounds[0].message, "must have at most 32 entries, and has 1000");
    }

    #[test]
    fn a_number_of_any_size_leaves_the_rest_readable() {
        for port in [json!(i64::MAX), json!(u64::MAX), json!(i64::MIN)] {
            let tier =
                json!({"name": "api", "podSelector": {}, "ports": [{"name": "http", "port": port, "endPort": port}]});
            let shape = shape(&json!({ "tiers": [tier] }));
            assert!(shape.is_readable(), "{port}");
            assert_eq!(shape.bounds[0].message, text::PORT_NUMBER, "{port}");
        }
    }
}
