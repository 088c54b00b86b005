//! SARIF 2.1.0 (OASIS): what code scanning reads.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Value, json};

use crate::cli::Finding;

/// Findings as one run of one tool.
pub(super) fn sarif(findings: &[Finding]) -> Value {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings {
        let next = places.len();
        places.entry(finding.reason).or_insert(next);
    }
    let mut rules: Vec<_> = places.iter().collect();
    rules.sort_by_key(|(_, place)| **place);
    let rules: Vec<_> = rules
        .into_iter()
        .map(|(reason, _)| json!({"id": reason, "helpUri": "https://appnet.dev/docs/reasons.md"}))
        .collect();
    let result = |finding: &Finding| {
        let Finding { file, line, column, path, message, reason, severity } = finding;
        let text = if path.is_empty() { message.clone() } else { format!("{path}: {message}") };
        json!({
            "ruleId": reason,
            "ruleIndex": places[reason],
            "level": severity,
            "message": {"text": text},
            "locations": [{
                "physicalLocation": {
                    "artifactLocation": {"uri": uri(file)},
                    "region": {"startLine": line, "startColumn": column},
                },
            }],
        })
    };
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "kubectl-appnet",
                "informationUri": "https://appnet.dev",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            // Columns are counted in characters.
            "columnKind": "unicodeCodePoints",
            "results": findings.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

/// A path as part of a URI (RFC 3986): what is neither a letter, a digit nor harmless is written by its bytes.
fn uri(file: &str) -> String {
    let mut text = String::new();
    for byte in file.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}
