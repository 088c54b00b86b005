//! What somebody sees when something is wrong: the rows of the table in `docs/troubleshooting.md`.

use serde::{Serialize, Serializer};
use strsim::osa_distance;

/// A symptom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Symptom {
    /// Policies are applied, and traffic is still allowed.
    StillAllowed,
    /// Names do not resolve.
    Dns,
    /// The ingress controller answers 502 or 504.
    Ingress,
    /// A call within the namespace fails.
    SameNamespace,
    /// A call from another namespace fails.
    CrossNamespace,
    /// A call to something outside the cluster, or to the API server, fails.
    Outside,
    /// Policies allow the port, and the app times out.
    NotPolicy,
    /// Metrics are missing.
    Metrics,
}

/// A symptom as it is asked for and as it is printed.
struct Row {
    symptom: Symptom,
    /// The word for it on the command line.
    word: &'static str,
    title: &'static str,
    /// Words by which it is known in a sentence; two of one list that are there count twice.
    signs: &'static [&'static str],
}

const ROWS: [Row; 8] = [
    Row {
        symptom: Symptom::StillAllowed,
        word: "still-allowed",
        title: "Policies applied but traffic still allowed",
        signs: &["still", "allowed", "applied", "enforced", "not", "works", "through"],
    },
    Row {
        symptom: Symptom::Dns,
        word: "dns",
        title: "DNS stopped working",
        signs: &["dns", "resolve", "resolves", "resolving", "names", "nslookup", "lookup", "nxdomain"],
    },
    Row {
        symptom: Symptom::Ingress,
        word: "ingress",
        title: "Ingress returns 502/504 after policy rollout",
        signs: &["ingress", "502", "504", "gateway", "502/504", "route", "nginx"],
    },
    Row {
        symptom: Symptom::SameNamespace,
        word: "same-namespace",
        title: "Same namespace traffic blocked unexpectedly",
        signs: &["same", "namespace", "blocked", "unexpectedly", "same-namespace"],
    },
    Row {
        symptom: Symptom::CrossNamespace,
        word: "cross-namespace",
        title: "Cross-namespace rule not matching",
        signs: &["cross-namespace", "cross", "matching", "another", "other", "namespace", "match"],
    },
    Row {
        symptom: Symptom::Outside,
        word: "outside",
        title: "Egress to external API blocked",
        signs: &["egress", "external", "api", "outside", "internet", "provider", "blocked"],
    },
    Row {
        symptom: Symptom::NotPolicy,
        word: "times-out",
        title: "Policy allows port but app still times out",
        signs: &["times", "timeout", "timeouts", "refused", "hangs", "port", "allows", "listener", "still", "out"],
    },
    Row {
        symptom: Symptom::Metrics,
        word: "metrics",
        title: "Metrics are missing",
        signs: &["metrics", "scrape", "scraping", "prometheus", "target", "down", "monitoring"],
    },
];

impl Symptom {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 8] = [
        Self::StillAllowed,
        Self::Dns,
        Self::Ingress,
        Self::SameNamespace,
        Self::CrossNamespace,
        Self::Outside,
        Self::NotPolicy,
        Self::Metrics,
    ];

    const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The word for it on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.row().word
    }

    /// The sentence for it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.row().title
    }

    /// The symptom that somebody means: its word, its sentence, or other words of which enough are those of one row.
    ///
    /// # Errors
    /// What may be asked for.
    pub fn read(text: &str) -> Result<Self, String> {
        let asked = text.trim().to_lowercase();
        let exact = ROWS.iter().find(|row| row.word == asked || row.title.to_lowercase() == asked);
        if let Some(row) = exact {
            return Ok(row.symptom);
        }
        let words: Vec<_> = asked.split(|letter: char| letter.is_whitespace() || letter == ',').collect();
        let known = |word: &str, sign: &str| {
            word == sign || (sign.len() > 4 && word.len() > 4 && osa_distance(word, sign) <= 1)
        };
        let score = |row: &Row| row.signs.iter().filter(|sign| words.iter().any(|word| known(word, sign))).count();
        let mut scored: Vec<_> = ROWS.iter().map(|row| (score(row), row)).collect();
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        match scored[..] {
            [(best, row), (next, _), ..] if best > next => Ok(row.symptom),
            _ => Err(format!("'{text}' is no symptom that is known; write one of {}", words_of_all())),
        }
    }
}

fn words_of_all() -> String {
    ROWS.iter().map(|row| format!("{} ({})", row.word, row.title)).collect::<Vec<_>>().join(", ")
}

impl Serialize for Symptom {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl std::str::FromStr for Symptom {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::read(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_people_lead_to_their_row() {
        for (text, symptom) in [
            ("DNS stopped working", Symptom::Dns),
            ("ingress returns 502", Symptom::Ingress),
            ("Policies applied but traffic still allowed", Symptom::StillAllowed),
            ("policy applied but still allowed", Symptom::StillAllowed),
            ("same namespace traffic blocked", Symptom::SameNamespace),
            ("cross-namespace rule does not match", Symptom::CrossNamespace),
            ("egress to external api is blocked", Symptom::Outside),
            ("app times out", Symptom::NotPolicy),
            ("prometheus target is down", Symptom::Metrics),
            ("metrics", Symptom::Metrics),
        ] {
            assert_eq!(Symptom::read(text), Ok(symptom), "{text}");
        }
        assert!(Symptom::read("it is raining").is_err_and(|error| error.contains("still-allowed")));
    }

    #[test]
    fn rows_stand_in_the_order_of_the_symptoms() {
        for symptom in Symptom::ALL {
            assert_eq!(symptom.row().symptom, symptom);
            assert_eq!(Symptom::read(symptom.title()), Ok(symptom));
        }
    }
}
