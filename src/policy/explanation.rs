//! What a policy allows and because of which field, in a sentence for the person who finds it.

use super::{Allow, Companion};
use crate::model::Tier;

/// A policy with hundreds of peers still gets a sentence that one can read.
const MOST: usize = 20;

pub(super) fn tier(tier: &Tier, ingress: &[Allow], egress: &[Allow]) -> String {
    format!(
        "Isolates the Pods with {} (tier '{}', {}). May be called by {}. May call {}. Everything else is denied.",
        tier.selector,
        tier.name,
        tier.path,
        list(ingress),
        list(egress)
    )
}

pub(super) fn dns() -> String {
    "Lets every Pod of the namespace resolve names (spec.dns), because the default-deny isolates them all.".into()
}

pub(super) fn api_server(tier: &Tier, companion: &Companion) -> String {
    let ports: Vec<_> = companion.ports.iter().map(ToString::to_string).collect();
    format!(
        "Lets the Pods with {} (tier '{}', {}) call the API server on {} ({}), which Cilium does not match by the addresses of the \
         tier's NetworkPolicy. Isolates nobody.",
        tier.selector,
        tier.name,
        tier.path,
        ports.join(", "),
        companion.paths.join(", ")
    )
}

pub(super) fn deny(profile: &str) -> String {
    format!(
        "Isolates every Pod of the namespace, both directions (spec.isolation: Namespace); the other policies of profile '{profile}' say what is allowed."
    )
}

fn list(allows: &[Allow]) -> String {
    if allows.is_empty() {
        return "nobody".into();
    }
    let mut said: Vec<String> = Vec::new();
    for allow in allows {
        let ports: Vec<_> = allow.ports.iter().map(ToString::to_string).collect();
        let sentence = format!("{} on {} ({})", allow.who, ports.join(", "), allow.path);
        if !said.contains(&sentence) {
            said.push(sentence);
        }
    }
    let more = said.len().saturating_sub(MOST);
    said.truncate(MOST);
    if more > 0 {
        said.push(format!("{more} more"));
    }
    said.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        api::Protocol,
        model::{Cidr, NonEmpty, Peer, Port},
    };

    fn allow(number: usize) -> Allow {
        let cidr = Cidr::parse("192.0.2.7/32").expect("a block");
        Allow {
            peers: NonEmpty::one(Peer::Block { cidr, except: Vec::new() }),
            ports: NonEmpty::one(Port::number(Protocol::Udp, 8125)),
            who: format!("'partner-{number}'"),
            path: format!("spec.tiers[1].to[{number}]"),
        }
    }

    fn said(number: usize) -> String {
        let allows: Vec<_> = (0..number).map(allow).collect();
        list(&allows)
    }

    #[test]
    fn of_more_than_can_be_read_the_first_are_told_and_how_many_there_are_beside_them() {
        assert_eq!(said(0), "nobody");
        assert_eq!(said(1), "'partner-0' on UDP 8125 (spec.tiers[1].to[0])");
        let all = said(MOST);
        assert!(all.ends_with("'partner-19' on UDP 8125 (spec.tiers[1].to[19])"), "{all}");
        assert_eq!(said(MOST + 1), format!("{all}; 1 more"));
        assert_eq!(said(MOST + 3), format!("{all}; 3 more"));
    }
}
