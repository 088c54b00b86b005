//! How people write the ends of a connection.

use std::net::IpAddr;

use ipnet::IpNet;

use super::near::is_near;

/// An end as it was written, before anybody looked whether it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// A Pod; `bare` when it was written as a word alone, which may be a DNS name too.
    Pod {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// Was it a word alone?
        bare: bool,
    },
    /// All Pods of a workload.
    Workload {
        /// Its namespace.
        namespace: String,
        /// Its kind, as `Deployment`.
        kind: String,
        /// Its name.
        name: String,
    },
    /// A Service.
    Service {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// An address.
    Address(IpAddr),
    /// Whatever serves the ways in of the cluster.
    IngressController,
}

/// The words for each kind, the first of them as we write it.
const KINDS: [(&str, &[&str]); 10] = [
    ("Pod", &["pod", "po", "pods"]),
    ("Service", &["svc", "service", "services"]),
    ("Deployment", &["deploy", "deployment", "deployments"]),
    ("StatefulSet", &["sts", "statefulset", "statefulsets"]),
    ("DaemonSet", &["ds", "daemonset", "daemonsets"]),
    ("ReplicaSet", &["rs", "replicaset", "replicasets"]),
    ("Job", &["job", "jobs"]),
    ("CronJob", &["cronjob", "cj", "cronjobs"]),
    ("ReplicationController", &["rc", "replicationcontroller"]),
    ("DeploymentConfig", &["dc", "deploymentconfig"]),
];

const FORMS: &str =
    "write NAMESPACE/POD, NAMESPACE/deploy/NAME (or sts, ds, job, cronjob, svc), an address, or 'ingress'";

/// The kind that a word stands for, as kubectl takes it: `deploy`, `deployments`, `Deployment`.
#[must_use]
pub fn kind_of(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    KINDS.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(kind, _)| *kind)
}

/// The short word for a kind, as people write it; the kind itself where there is none.
#[must_use]
pub fn short(kind: &str) -> &str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or(kind, |(_, words)| words[0])
}

/// Why there can be nobody of a kind.
pub(super) fn no_such_kind(kind: &str) -> String {
    let known = KINDS.map(|(_, words)| words[0]).join(", ");
    format!("'{kind}' is no kind that runs Pods; write one of {known}")
}

/// Reads an end. What names no namespace is in `namespace`.
///
/// # Errors
/// What is wrong with it, and what to write instead.
pub fn spelling(text: &str, namespace: &str) -> Result<Spelling, String> {
    if ["ingress", "{ingress-controller}"].contains(&text) {
        return Ok(Spelling::IngressController);
    }
    let address = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if let Ok(address) = address.parse() {
        return Ok(Spelling::Address(address));
    }
    if let Ok(block) = text.parse::<IpNet>() {
        return Err(format!(
            "'{text}' is a block of addresses, which policies may treat differently from one to the next; write one of \
             them, as {}",
            block.hosts().next().unwrap_or_else(|| block.addr())
        ));
    }
    if looks_like_an_address(address) {
        return Err(format!("'{text}' is no address: IPv4 has four numbers from 0 to 255, without leading zeros"));
    }
    let parts: Vec<_> = text.split('/').collect();
    if parts.iter().any(|part| part.is_empty()) || text.contains("://") {
        return Err(format!("'{text}' names nobody; {FORMS}"));
    }
    let owned = |text: &str| text.to_owned();
    match parts[..] {
        [name] => Ok(Spelling::Pod { namespace: owned(namespace), name: owned(name), bare: true }),
        [first, name] => match kind_of(first) {
            Some(kind) => Ok(of_kind(kind, namespace, name)),
            None => Ok(Spelling::Pod { namespace: owned(first), name: owned(name), bare: false }),
        },
        [namespace, kind, name] => {
            // Operators bring workloads of their own.
            let other = || Spelling::Workload { namespace: owned(namespace), kind: owned(kind), name: owned(name) };
            Ok(kind_of(kind).map_or_else(other, |kind| of_kind(kind, namespace, name)))
        }
        _ => Err(format!("'{text}' has too many parts; {FORMS}")),
    }
}

fn looks_like_an_address(text: &str) -> bool {
    text.contains('.') && text.chars().all(|letter| letter.is_ascii_digit() || letter == '.')
}

/// The word for a kind that another word may have been meant for: `deploy` for `dep`.
#[must_use]
pub fn kind_meant(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let may_be = |known: &&str| (word.len() > 1 && known.starts_with(&word)) || is_near(&word, known);
    KINDS.iter().find(|(_, words)| words.iter().any(may_be)).map(|(_, words)| words[0])
}

fn of_kind(kind: &'static str, namespace: &str, name: &str) -> Spelling {
    let (namespace, name) = (namespace.to_owned(), name.to_owned());
    match kind {
        "Pod" => Spelling::Pod { namespace, name, bare: false },
        "Service" => Spelling::Service { namespace, name },
        _ => Spelling::Workload { namespace, kind: kind.to_owned(), name },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_refused_with_one_of_its_addresses() {
        let refusal = spelling("203.0.113.0/24", "shop").expect_err("a block");
        assert!(refusal.ends_with("write one of them, as 203.0.113.1"), "{refusal}");
    }

    #[test]
    fn two_parts_are_a_kind_and_a_name_or_a_namespace_and_a_pod() {
        let found = |text: &str| spelling(text, "shop").expect("an end");
        let pod =
            |namespace: &str, name: &str, bare| Spelling::Pod { namespace: namespace.into(), name: name.into(), bare };
        assert_eq!(found("web/a-1"), pod("web", "a-1", false));
        assert_eq!(found("a-1"), pod("shop", "a-1", true));
        assert_eq!(found("web/pod/a-1"), pod("web", "a-1", false));
        let workload = Spelling::Workload { namespace: "shop".into(), kind: "StatefulSet".into(), name: "db".into() };
        assert_eq!(found("sts/db"), workload);
        assert_eq!(found("[2001:db8::1]"), Spelling::Address("2001:db8::1".parse().expect("an address")));
        let other = Spelling::Workload { namespace: "web".into(), kind: "Rollout".into(), name: "x".into() };
        assert_eq!(found("web/Rollout/x"), other);
        assert!(spelling("https://example.com", "shop").is_err());
        assert!(spelling("203.0.113.300", "shop").is_err_and(|error| error.contains("is no address")));
    }

    #[test]
    fn a_word_that_is_no_kind_leads_to_the_one_that_was_meant() {
        assert_eq!(
            ["dep", "deply", "servce", "web"].map(kind_meant),
            [Some("deploy"), Some("deploy"), Some("svc"), None]
        );
    }
}
