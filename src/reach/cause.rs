//! Why a pair of ends lost ports: which policies of which end.

use super::{Difference, Direction, End, FarEnd, Node, Nodes, PodId, PolicyId, PortSet, Reach, States};

/// What the policies of one end did.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cause {
    /// Ingress: those of the called. Egress: those of the caller.
    pub direction: Direction,
    /// Was nothing isolating the end before? Then the policies isolate it now; else they no longer allow what they did.
    pub isolates: bool,
    /// The policies, by namespace and name, sorted.
    pub policies: Vec<(String, String)>,
}

/// The numbers of an end in both states.
type Ends = (End, End);

impl States {
    /// Why ports are lost: nothing when none are, or when an end is in one state only.
    #[must_use]
    pub fn causes(&self, difference: &Difference, nodes: &[Nodes; 2]) -> Vec<Cause> {
        let lost = difference.before.without(&difference.after);
        let (Some(from), Some(to)) = (ends(&difference.from, nodes), ends(&difference.to, nodes)) else {
            return Vec::new();
        };
        let sides = [(Direction::Ingress, to, from), (Direction::Egress, from, to)];
        let causes = sides.into_iter().filter_map(|(direction, subject, peer)| {
            let (End::Pod(old), End::Pod(new)) = subject else { return None };
            let ports = |reach: &Reach, subject, peer, called| reach.ports_through(subject, peer, direction, called);
            let before = ports(&self.before, subject.0, peer.0, to.0);
            let after = ports(&self.after, subject.1, peer.1, to.1);
            let lost = lost.intersection(&before.without(&after));
            (!lost.is_empty()).then(|| self.cause((old, new), (peer.0, to.0), direction, &lost))
        });
        causes.collect()
    }

    fn cause(&self, (old, new): (PodId, PodId), (peer, called): Ends, direction: Direction, lost: &PortSet) -> Cause {
        let isolating = self.before.isolating(old, direction);
        let isolates = isolating.is_empty();
        let mut policies: Vec<_> = if isolates {
            self.after.isolating(new, direction).iter().filter_map(|id| name(&self.after, *id)).collect()
        } else {
            let gave = |id: &&PolicyId| {
                let rules = self.before.rules(**id, direction).iter();
                let about = rules.filter(|rule| self.before.is_about(rule, self.before.seen(peer)));
                about.map(|rule| self.before.rule_ports(rule, called)).any(|ports| !ports.intersection(lost).is_empty())
            };
            isolating.iter().filter(gave).filter_map(|id| name(&self.before, *id)).collect()
        };
        policies.sort();
        Cause { direction, isolates, policies }
    }
}

fn name(reach: &Reach, id: PolicyId) -> Option<(String, String)> {
    reach.policy_name(id).map(|(namespace, name)| (namespace.to_owned(), name.to_owned()))
}

fn ends(end: &FarEnd, [old, new]: &[Nodes; 2]) -> Option<Ends> {
    match end {
        FarEnd::Addresses(span) => Some((End::Address(span.first), End::Address(span.first))),
        FarEnd::Node(key) => {
            let pod = |nodes: &Nodes| nodes.find(key).map(|node: &Node| End::Pod(node.pod));
            pod(old).zip(pod(new))
        }
    }
}
