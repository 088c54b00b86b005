//! One end of a connection: which policies isolate it, which of their rules let the connection pass, and which nearly do.

use super::{
    answer::{GateShown, PolicyShown, RuleShown, SideShown},
    mismatch::{Other, closest, may_be_a_typing_error, of_pods},
    origin,
    port::{At, is_among, shown, written},
    setting::Setting,
};
use crate::reach::{Direction, End, Gate, Pod, PolicySays, Rule, RuleSays, Side};

/// How many rules that nearly match are shown of a policy, and how many policies that nearly select.
const MOST: usize = 3;

/// What one end is asked.
#[derive(Clone, Copy)]
pub(super) struct Asked<'s> {
    pub setting: &'s Setting<'s>,
    /// Whose policies.
    pub subject: End,
    /// The other end.
    pub other: End,
    /// The end that is called.
    pub called: End,
    /// The port; nothing when it is about every port.
    pub at: Option<At>,
}

/// Shows what one end says.
pub(super) fn side(asked: Asked<'_>, side: &Side) -> SideShown {
    let policies: Vec<_> = side.policies.iter().map(|says| policy(asked, side.direction, says)).collect();
    let gate = gate(asked, side);
    let of = asked.setting.name(asked.subject);
    let sentence = sentence(asked, side, gate, &of);
    let near = if gate == GateShown::Denied { near(asked, side.direction) } else { Vec::new() };
    SideShown { of, gate, sentence, policies, near }
}

/// Without a port an end lets something pass as soon as a rule about the other end has any port at all.
fn gate(asked: Asked<'_>, side: &Side) -> GateShown {
    let any = side.policies.iter().flat_map(|says| &says.rules).any(|rule| rule.peer && !rule.ports.is_empty());
    match side.gate {
        Gate::Open => GateShown::Open,
        Gate::Allowed(_) => GateShown::Allowed,
        Gate::Denied | Gate::Unknown if asked.at.is_none() && any => GateShown::Allowed,
        Gate::Denied => GateShown::Denied,
        Gate::Unknown => GateShown::Unknown,
    }
}

fn sentence(asked: Asked<'_>, side: &Side, gate: GateShown, of: &str) -> String {
    let word = side.direction.field();
    let count = side.policies.len();
    let many = if count == 1 { "1 policy isolates".to_owned() } else { format!("{count} policies isolate") };
    match gate {
        GateShown::Open if matches!(asked.subject, End::Address(_)) => {
            format!("{of} is outside the cluster; no policy is about its {word}")
        }
        GateShown::Open if asked.setting.pod(asked.subject).is_some_and(|pod| pod.host_network) => {
            format!("{of} is on the host network; policies do not isolate it")
        }
        GateShown::Open => format!("no policy isolates {of} for {word}, so all may pass"),
        GateShown::Allowed => format!("{many} {of} for {word}, and a rule allows it"),
        GateShown::Denied => format!("{many} {of} for {word}, and no rule allows it"),
        GateShown::Unknown => format!(
            "{many} {of} for {word}; the other end is on the host network, on the wire it is its node, and what policies \
             say of nodes is not defined"
        ),
    }
}

fn policy(asked: Asked<'_>, direction: Direction, says: &PolicySays) -> PolicyShown {
    let PolicySays { namespace, name, .. } = says;
    let sources = asked.setting.sources;
    let read = asked.setting.policy(namespace, name).and_then(|policy| policy.rules(direction)).unwrap_or_default();
    let rules = says.rules.iter().zip(read).enumerate();
    let mut shown: Vec<(usize, RuleShown)> = rules
        .filter_map(|(position, (says, rule))| {
            let (distance, sentence) = asked.why(says, rule, namespace)?;
            let path = format!("spec.{}[{position}]", direction.field());
            let allows = distance == 0;
            let fields = if allows || says.peer { asked.fields(direction, (namespace, name)) } else { Vec::new() };
            let place = sources.policy(namespace, name, &path);
            Some((distance, RuleShown { number: position + 1, path, place, allows, sentence, fields }))
        })
        .collect();
    // Where something allows it, what nearly does is no news.
    if shown.iter().any(|(distance, _)| *distance == 0) {
        shown.retain(|(distance, _)| *distance == 0);
    } else {
        shown.sort_by_key(|(distance, rule)| (*distance, rule.number));
        shown.truncate(MOST);
    }
    PolicyShown {
        namespace: namespace.clone(),
        name: name.clone(),
        place: sources.policy(namespace, name, ""),
        profile: origin::profile_of(asked.setting, namespace, name),
        rules_in_all: says.rules.len(),
        rules: shown.into_iter().map(|(_, rule)| rule).collect(),
    }
}

impl<'s> Asked<'s> {
    fn called_pod(&self) -> Option<&'s Pod> {
        self.setting.pod(self.called)
    }

    fn is_about_port(&self, ports: &crate::reach::Ports) -> bool {
        self.at.is_none_or(|at| is_among(ports, self.called_pod(), at))
    }

    /// Why a rule allows it (then at no distance) or nearly does; nothing when it is about something else altogether.
    fn why(&self, says: &RuleSays, rule: &Rule, own: &str) -> Option<(usize, String)> {
        let port = if self.at.is_some() { says.port } else { !says.ports.is_empty() };
        let written = written(&rule.ports);
        if says.peer {
            if port {
                return Some((0, format!("allows it, at {}", resolved(&written, says, rule))));
            }
            let missing = rule.ports.names.first().filter(|_| says.ports.is_empty()).zip(self.called_pod());
            let why = match missing {
                Some((_, pod)) => format!(", a port that {} does not have", super::find::name_of(pod)),
                None => String::new(),
            };
            return Some((
                1,
                format!("is about {}, but only at {}{why}", self.other_name(), resolved(&written, says, rule)),
            ));
        }
        if !port {
            return None;
        }
        let (distance, reason) = closest(&rule.peers, own, self.setting.other(self.other)?, self.setting.picture)?;
        let at = self.at.map_or_else(|| format!("has {written}"), |at| format!("has {}", shown(at)));
        Some((1 + distance, format!("{at}, but {reason}")))
    }

    fn other_name(&self) -> String {
        self.setting.name(self.other)
    }

    fn fields(&self, direction: Direction, policy: (&str, &str)) -> Vec<String> {
        let Some(other) = self.setting.other(self.other) else { return Vec::new() };
        origin::fields(self.setting, policy, direction, (other, self.called_pod()), self.at)
    }
}

/// Ports as written, and what the names among them are at the Pod.
fn resolved(written: &str, says: &RuleSays, rule: &Rule) -> String {
    if rule.ports.names.is_empty() || says.ports.is_empty() || rule.ports.numbers.is_all() {
        return written.to_owned();
    }
    format!("{written} (there: {})", says.ports)
}

/// Policies of the namespace that would allow it, if only they selected this end.
fn near(asked: Asked<'_>, direction: Direction) -> Vec<String> {
    let Some((pod, other)) = asked.setting.pod(asked.subject).zip(asked.setting.other(asked.other)) else {
        return Vec::new();
    };
    let allows = |rule: &Rule| {
        closest(&rule.peers, &pod.namespace, other, asked.setting.picture).is_none()
            && !matches!(other, Other::Pod(pod) if pod.host_network)
            && asked.is_about_port(&rule.ports)
    };
    let policies = asked.setting.not_isolating(pod, direction);
    let would = policies
        .filter(|policy| may_be_a_typing_error(&policy.subject, pod))
        .filter(|policy| policy.rules(direction).into_iter().flatten().any(allows));
    let sentences = would.filter_map(|policy| {
        let (_, reason) = of_pods(&policy.subject, pod)?;
        let place = asked.setting.sources.policy(&policy.namespace, &policy.name, "spec.podSelector");
        let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
        Some(format!("{}/{}{place} would allow it, but {reason}", policy.namespace, policy.name))
    });
    sentences.take(MOST).collect()
}
