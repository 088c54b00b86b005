//! The sentences about values that are not of the kind that the schema asks for.

use serde_json::Value;

use super::closest::closest;

/// A field that the schema does not know.
pub(super) fn unknown_field<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    // Nobody reads a longer list; `kubectl explain` shows it better.
    const MOST: usize = 12;
    let name = shortened(name);
    if let Some(meant) = closest(&name, known.clone()) {
        return format!("unknown field `{name}`; did you mean `{meant}`?");
    }
    match known.clone().count() {
        0 => format!("unknown field `{name}`; there are no fields here, remove it"),
        1..=MOST => format!(
            "unknown field `{name}`; it must be one of {}",
            listed(known.map(|known| format!("`{known}`")), "and")
        ),
        _ => format!("unknown field `{name}`; remove it"),
    }
}

/// A word that is none of the choices.
pub(super) fn choice(found: &str, choices: &[&str]) -> String {
    let listed = listed(choices.iter().map(|choice| format!("'{choice}'")), "or");
    let found_text = shortened(found);
    match closest(found, choices.iter().copied()) {
        Some(meant) => format!("must be {listed}, and is '{found_text}'; did you mean '{meant}'?"),
        None => format!("must be {listed}, and is '{found_text}'"),
    }
}

/// A value of another kind. `wanted` is the schema's name for the kind.
pub(super) fn kind(wanted: &str, found: &Value) -> String {
    let wanted_text = match wanted {
        "array" => "a list",
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        "object" => "an object with fields",
        "string" => "text",
        _ => "a number or text",
    };
    let advice = match (wanted, found) {
        ("string", Value::Bool(_)) => {
            "; put it in quotes (without them, words like yes, no, on, off, y and n are booleans)"
        }
        ("string", Value::Number(_)) => "; put it in quotes",
        ("integer" | "number" | "boolean", Value::String(text))
            if text.parse::<f64>().is_ok() || text.parse::<bool>().is_ok() =>
        {
            "; remove the quotes"
        }
        ("array", Value::Object(_)) => "; begin each entry with '- '",
        ("object", Value::Array(_)) => "; remove the '- '",
        _ => "",
    };
    format!("must be {wanted_text}, and is {}{advice}", named(found))
}

fn named(value: &Value) -> String {
    match value {
        Value::Null => "empty".into(),
        Value::Bool(value) => format!("the boolean {value}"),
        Value::Number(value) => format!("the number {value}"),
        Value::String(text) => format!("the text '{}'", shortened(text)),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "an object".into(),
    }
}

/// The start of a text: a message must stay readable whatever was written.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 64;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

fn listed(items: impl Iterator<Item = String>, last: &str) -> String {
    let items: Vec<_> = items.collect();
    match items.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((end, before)) => format!("{} {last} {end}", before.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sentences_say_what_to_do() {
        let fields = ["name", "podSelector", "ports"];
        assert_eq!(
            unknown_field("podselector", fields.into_iter()),
            "unknown field `podselector`; did you mean `podSelector`?"
        );
        assert_eq!(
            unknown_field("replicas", fields.into_iter()),
            "unknown field `replicas`; it must be one of `name`, `podSelector` and `ports`"
        );
        assert_eq!(
            choice("enforce", &["Enforce", "Audit", "Disabled"]),
            "must be 'Enforce', 'Audit' or 'Disabled', and is 'enforce'; did you mean 'Enforce'?"
        );
        assert_eq!(kind("string", &json!(8080)), "must be text, and is the number 8080; put it in quotes");
        assert_eq!(kind("integer", &json!("53")), "must be a whole number, and is the text '53'; remove the quotes");
        assert_eq!(
            kind("array", &json!({"name": "http"})),
            "must be a list, and is an object; begin each entry with '- '"
        );
    }

    #[test]
    fn a_message_stays_short_whatever_was_written() {
        let long = "ü".repeat(100_000);
        assert!(unknown_field(&long, ["name"].into_iter()).chars().count() < 200);
        assert!(kind("integer", &json!(long)).chars().count() < 200);
    }
}
