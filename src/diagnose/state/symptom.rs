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
    /// What programs say then. Each that is there counts as much as two words.
    sayings: &'static [&'static str],
}

/// What may be anything; it decides only where nothing else does.
const VAGUE: [(&str, Symptom); 9] = [
    ("cannot reach", Symptom::SameNamespace),
    ("can't reach", Symptom::SameNamespace),
    ("cannot connect", Symptom::SameNamespace),
    ("can't connect", Symptom::SameNamespace),
    ("could not connect", Symptom::SameNamespace),
    ("unable to connect", Symptom::SameNamespace),
    ("unreachable", Symptom::SameNamespace),
    ("blocked", Symptom::SameNamespace),
    ("no route to host", Symptom::SameNamespace),
];

const ROWS: [Row; 8] = [
    Row {
        symptom: Symptom::StillAllowed,
        word: "still-allowed",
        title: "Policies applied but traffic still allowed",
        signs: &["still", "allowed", "applied", "enforced", "not", "works", "through"],
        sayings: &["no effect", "not enforced", "still works", "still open"],
    },
    Row {
        symptom: Symptom::Dns,
        word: "dns",
        title: "DNS stopped working",
        signs: &["dns", "resolve", "resolves", "resolving", "names", "nslookup", "lookup", "nxdomain", "enotfound"],
        sayings: &[
            "no such host",
            "name or service not known",
            "name resolution",
            "not resolve",
            "getaddrinfo",
            "eai_again",
            "servfail",
            "unknown host",
            "bad address",
            "tcp: lookup",
        ],
    },
    Row {
        symptom: Symptom::Ingress,
        word: "ingress",
        title: "Ingress returns 502/504 after policy rollout",
        signs: &["ingress", "502", "504", "gateway", "502/504", "503", "httproute", "nginx"],
        sayings: &["bad gateway", "gateway timeout", "gateway time-out", "upstream timed out", "service unavailable"],
    },
    Row {
        symptom: Symptom::SameNamespace,
        word: "same-namespace",
        title: "Same namespace traffic blocked unexpectedly",
        signs: &["same", "namespace", "blocked", "unexpectedly", "same-namespace"],
        sayings: &["same namespace"],
    },
    Row {
        symptom: Symptom::CrossNamespace,
        word: "cross-namespace",
        title: "Cross-namespace rule not matching",
        signs: &["cross-namespace", "cross", "matching", "another", "other", "namespace", "match"],
        sayings: &["another namespace", "other namespace", "different namespace"],
    },
    Row {
        symptom: Symptom::Outside,
        word: "outside",
        title: "Egress to external API blocked",
        signs: &["egress", "external", "outside", "internet", "provider", "blocked"],
        sayings: &["network is unreachable", "external api"],
    },
    Row {
        symptom: Symptom::NotPolicy,
        word: "times-out",
        title: "Policy allows port but app still times out",
        signs: &[
            "times", "timed", "timeout", "timeouts", "refused", "hangs", "port", "allows", "listener", "still", "out",
        ],
        sayings: &["connection refused", "connection timed out", "deadline exceeded", "connection reset"],
    },
    Row {
        symptom: Symptom::Metrics,
        word: "metrics",
        title: "Metrics are missing",
        signs: &["metrics", "scrape", "scraping", "prometheus", "target", "down", "monitoring"],
        sayings: &["target down"],
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
        let score = |row: &Row| {
            let words = row.signs.iter().filter(|sign| words.iter().any(|word| known(word, sign))).count();
            words + 2 * row.sayings.iter().filter(|saying| asked.contains(**saying)).count()
        };
        let mut scored: Vec<_> = ROWS.iter().map(|row| (score(row), row)).collect();
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        match scored[..] {
            [(best, row), (next, _), ..] if best > next => Ok(row.symptom),
            _ => vague(&asked).ok_or_else(|| {
                format!(
                    "no symptom is known by these words; write one of these, or what the error says:\n{}",
                    words_of_all()
                )
            }),
        }
    }
}

fn vague(asked: &str) -> Option<Symptom> {
    VAGUE.iter().find(|(saying, _)| asked.contains(saying)).map(|(_, symptom)| *symptom)
}

fn words_of_all() -> String {
    ROWS.iter().map(|row| format!("  {:<16}{}", row.word, row.title)).collect::<Vec<_>>().join("\n")
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
            ("no such host", Symptom::Dns),
            ("nxdomain", Symptom::Dns),
            ("dial tcp: lookup api.shop on 10.96.0.10:53: read udp: i/o timeout", Symptom::Dns),
            ("Temporary failure in name resolution", Symptom::Dns),
            ("getaddrinfo ENOTFOUND api", Symptom::Dns),
            ("could not resolve host", Symptom::Dns),
            ("504", Symptom::Ingress),
            ("504 Gateway Time-out", Symptom::Ingress),
            ("bad gateway", Symptom::Ingress),
            ("cannot reach", Symptom::SameNamespace),
            ("web can't connect to api", Symptom::SameNamespace),
            ("blocked", Symptom::SameNamespace),
            ("cannot reach another namespace", Symptom::CrossNamespace),
            ("cannot reach the internet", Symptom::Outside),
            ("connection timed out", Symptom::NotPolicy),
            ("connection refused", Symptom::NotPolicy),
            ("context deadline exceeded", Symptom::NotPolicy),
            ("the policy has no effect", Symptom::StillAllowed),
        ] {
            assert_eq!(Symptom::read(text), Ok(symptom), "{text}");
        }
        let unknown = Symptom::read("it is raining").expect_err("no symptom");
        let listed: Vec<_> = unknown.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
        assert_eq!(listed, Symptom::ALL.map(Symptom::word), "{unknown}");
    }

    #[test]
    fn rows_stand_in_the_order_of_the_symptoms() {
        for symptom in Symptom::ALL {
            assert_eq!(symptom.row().symptom, symptom);
            assert_eq!(Symptom::read(symptom.title()), Ok(symptom));
        }
    }
}
