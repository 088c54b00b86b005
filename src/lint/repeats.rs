//! Rules that allow nothing new, and rules that are never looked at.

use super::{Remark, Scene};
use crate::{
    api::Reason,
    reach::{Direction, Peer, Peers, Policy, Rule},
};

pub(super) fn check(scene: &Scene<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for policy in &scene.picture.policies {
        for direction in [Direction::Ingress, Direction::Egress] {
            remarks.extend(within(policy, direction));
        }
        // A direction that the types leave out, with rules all the same.
        for direction in &policy.ignored {
            let (path, direction) = (format!("spec.{}", direction.field()), direction.as_str());
            let found =
                format!("has rules for {direction}, which `policyTypes` leaves out, so that nobody looks at them");
            let advice = format!("add {direction} to `policyTypes`, or remove the rules");
            remarks.push(Remark::new(policy, path, Reason::RuleIgnored, found, advice));
        }
    }
    remarks
}

fn within(policy: &Policy, direction: Direction) -> Vec<Remark> {
    let rules = policy.rules(direction).unwrap_or_default();
    let mut remarks = Vec::new();
    for (place, rule) in rules.iter().enumerate() {
        // Of two that are equal, the second one repeats the first.
        let covering = rules
            .iter()
            .enumerate()
            .find(|(other, wider)| *other != place && covers(wider, rule) && (*other < place || !covers(rule, wider)));
        if let Some((other, _)) = covering {
            let field = direction.field();
            let found = format!("has a rule that allows nothing that spec.{field}[{other}] does not allow already");
            let path = format!("spec.{field}[{place}]");
            remarks.push(Remark::new(policy, path, Reason::RuleRepeats, found, "remove it"));
        }
    }
    remarks
}

/// Does one rule certainly allow all that another does, whatever Pods there are?
fn covers(wider: &Rule, rule: &Rule) -> bool {
    let ports = rule.ports.numbers.without(&wider.ports.numbers).is_empty()
        && (wider.ports.numbers.is_all() || rule.ports.names.iter().all(|name| wider.ports.names.contains(name)));
    let peers = match (&wider.peers, &rule.peers) {
        (Peers::Any, _) => true,
        (Peers::These(_), Peers::Any) => false,
        (Peers::These(wider), Peers::These(peers)) => {
            let has = |peer: &Peer| wider.contains(peer);
            peers.iter().all(has)
        }
    };
    ports && peers
}
