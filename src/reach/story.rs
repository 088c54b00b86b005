//! Everything that decides about a connection, not only the first rule that does.

use super::{Connection, Direction, End, Gate, PolicyId, PortSet, Reach, RuleAt, query::Seen, words::number};

/// What the policies of one end say of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Egress: the policies of the caller. Ingress: those of the called.
    pub direction: Direction,
    /// Whether they let it pass.
    pub gate: Gate,
    /// The policies that isolate the end in this direction; none when nothing does.
    pub policies: Vec<PolicySays>,
}

/// What one policy says of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicySays {
    /// Its number.
    pub policy: PolicyId,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its rules for the direction, in their order.
    pub rules: Vec<RuleSays>,
}

/// What one rule says of a connection. It lets it pass when both hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSays {
    /// Is the other end among its peers?
    pub peer: bool,
    /// Is the port among its ports?
    pub port: bool,
    /// Its ports at the end that is called.
    pub ports: PortSet,
}

impl RuleSays {
    /// Does the rule let the connection pass?
    #[must_use]
    pub const fn allows(&self) -> bool {
        self.peer && self.port
    }
}

impl Side {
    /// The rules that let it pass.
    pub fn allowing(&self) -> impl Iterator<Item = (&PolicySays, RuleAt)> {
        self.policies.iter().flat_map(|says| {
            let rules = says.rules.iter().enumerate().filter(|(_, rule)| rule.allows());
            rules.map(move |(position, _)| (says, RuleAt { policy: says.policy, rule: number(position) }))
        })
    }
}

impl Reach {
    /// What the policies of both ends say: of the caller, of the called.
    #[must_use]
    pub fn story(&self, connection: &Connection) -> [Side; 2] {
        let verdict = self.query(connection);
        let Connection { from, to, .. } = *connection;
        [
            self.side_of(from, to, Direction::Egress, verdict.egress, connection),
            self.side_of(to, from, Direction::Ingress, verdict.ingress, connection),
        ]
    }

    fn side_of(&self, subject: End, peer: End, direction: Direction, gate: Gate, connection: &Connection) -> Side {
        let End::Pod(pod) = subject else { return Side { direction, gate, policies: Vec::new() } };
        let peer = self.seen(peer);
        let policies = self.isolating(pod, direction).iter();
        Side {
            direction,
            gate,
            policies: policies.map(|id| self.policy_says(*id, direction, peer, connection)).collect(),
        }
    }

    fn policy_says(&self, id: PolicyId, direction: Direction, peer: Seen, connection: &Connection) -> PolicySays {
        let (namespace, name) = self.policy_name(id).unwrap_or_default();
        let rules = self.rules(id, direction).iter().map(|rule| RuleSays {
            peer: self.is_about(rule, peer),
            port: self.has_port(rule, connection),
            ports: self.rule_ports(rule, connection.to),
        });
        PolicySays { policy: id, namespace: namespace.to_owned(), name: name.to_owned(), rules: rules.collect() }
    }

    /// The namespace and the name of a policy.
    #[must_use]
    pub fn policy_name(&self, id: PolicyId) -> Option<(&str, &str)> {
        let policy = self.policy(id)?;
        let words = &self.population.words;
        Some((words.get(self.population.namespaces[policy.namespace as usize].name), words.get(policy.name)))
    }
}
