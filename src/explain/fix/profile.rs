//! Changes to profiles: one more caller of a tier, or one more destination.

use serde_json::{Map, Value, json};

use super::{
    super::{answer::ChangeShown, profiles::Known, setting::Setting},
    ask::Ask,
    candidate::{Act, Candidate},
    selector::Named,
};
use crate::{
    api::{Mode, Protocol},
    model::{PortRange, Tier},
    reach::{Direction, PodId},
};

/// A tier of a profile that is in force.
#[derive(Clone, Copy)]
struct Governing<'p> {
    profile: usize,
    known: &'p Known,
    position: usize,
    tier: &'p Tier,
}

/// The change that opens both sides at once: both ends are tiers of one profile.
pub(super) fn between_tiers(setting: &Setting<'_>, ask: &Ask<'_>) -> Option<Candidate> {
    let from = governing(setting, ask, Direction::Egress)?;
    let to = governing(setting, ask, Direction::Ingress)?;
    if from.profile != to.profile {
        return None;
    }
    caller(setting, ask, to, json!({"tier": from.tier.name}))
}

/// The change that opens one side.
pub(super) fn candidate(setting: &Setting<'_>, ask: &Ask<'_>, direction: Direction) -> Option<Candidate> {
    let tier = governing(setting, ask, direction)?;
    let own = &tier.known.profile.identity.namespace;
    let peer = match ask.ends(direction).1 {
        Named::Block(block) => json!({"cidr": block}),
        Named::Pods { namespace, labels } if namespace == own => {
            json!({"pods": {"podSelector": {"matchLabels": labels}}})
        }
        Named::Pods { namespace, labels } => {
            json!({"pods": {"namespace": namespace, "podSelector": {"matchLabels": labels}}})
        }
    };
    match direction {
        Direction::Ingress => caller(setting, ask, tier, peer),
        Direction::Egress => destination(setting, ask, tier, peer),
    }
}

/// The tier that holds all Pods of an end.
fn governing<'s>(setting: &'s Setting<'_>, ask: &Ask<'_>, direction: Direction) -> Option<Governing<'s>> {
    let pods: Vec<PodId> = ask.pods(direction).collect();
    let first = &setting.picture.pods[*pods.first()? as usize];
    setting.profiles.known().iter().enumerate().find_map(|(profile, known)| {
        let of = &known.profile;
        if of.identity.namespace != first.namespace || of.mode != Mode::Enforce || of.suspend {
            return None;
        }
        let holds =
            |tier: &Tier| pods.iter().all(|id| tier.selector.matches(&setting.picture.pods[*id as usize].labels));
        let (position, tier) = of.tiers.iter().enumerate().find(|(_, tier)| holds(tier))?;
        Some(Governing { profile, known, position, tier })
    })
}

/// One more entry of `from`; with the ports that the tier does not declare yet.
fn caller(setting: &Setting<'_>, ask: &Ask<'_>, tier: Governing<'_>, mut source: Value) -> Option<Candidate> {
    let (mut names, mut declared) = (Vec::new(), Vec::new());
    for (protocol, port) in &ask.ports {
        let known = tier.tier.ports.iter().find(|known| {
            known.port.protocol == *protocol
                && (known.port.range == *port || is_name_of(setting, ask, *protocol, &known.port.range, port))
        });
        if let Some(known) = known {
            names.push(known.name.clone());
        } else {
            let number = port_value(port);
            let word =
                number.as_str().map_or_else(|| format!("{}-{number}", protocol.as_str().to_lowercase()), str::to_owned);
            let taken = |word: &str| tier.tier.ports.iter().any(|known| known.name == word);
            let name = if taken(&word) { format!("{word}-too") } else { word };
            declared.push(json!({"name": name, "port": number, "protocol": protocol}));
            names.push(name);
        }
    }
    source["ports"] = json!(names);
    change(setting, tier, &[("ports", declared), ("from", vec![source])])
}

/// Is a named port of the tier this number, at all Pods that are called?
fn is_name_of(setting: &Setting<'_>, ask: &Ask<'_>, protocol: Protocol, known: &PortRange, port: &PortRange) -> bool {
    let (PortRange::Name(name), PortRange::Numbers(number, _)) = (known, port) else { return false };
    ask.pods(Direction::Ingress).all(|id| {
        let pod = &setting.picture.pods[id as usize];
        super::super::port::named(pod, Some(protocol), name.as_str()) == [(protocol, *number)]
    })
}

/// One more entry of `to`.
fn destination(setting: &Setting<'_>, ask: &Ask<'_>, tier: Governing<'_>, mut to: Value) -> Option<Candidate> {
    let word: String = ask.to.word().chars().take(50).collect();
    let mut names = std::iter::once(word.clone()).chain((2..).map(|number| format!("{word}-{number}")));
    let name = names.find(|name| !tier.tier.to.iter().any(|known| known.name == *name))?;
    to["name"] = json!(name);
    let ports = ask.ports.iter().map(|(protocol, port)| json!({"port": port_value(port), "protocol": protocol}));
    to["ports"] = ports.collect();
    change(setting, tier, &[("to", vec![to])])
}

fn port_value(port: &PortRange) -> Value {
    match port {
        PortRange::Numbers(number, _) => json!(number),
        PortRange::Name(name) => json!(name.as_str()),
    }
}

/// Adds entries to lists of a tier.
fn change(setting: &Setting<'_>, tier: Governing<'_>, entries: &[(&str, Vec<Value>)]) -> Option<Candidate> {
    let Governing { profile, known, position, tier } = tier;
    let identity = &known.profile.identity;
    let mut value = known.value.clone();
    let fields = value.pointer_mut(&format!("/spec/tiers/{position}"))?.as_object_mut()?;
    let at = format!("/spec/tiers/{position}");
    // The profile may have changed since it was read: the command then does nothing.
    let mut operations = vec![json!({"op": "test", "path": format!("{at}/name"), "value": tier.name})];
    let mut lines = Map::new();
    for (field, entries) in entries.iter().filter(|(_, entries)| !entries.is_empty()) {
        let list = fields.entry(*field).or_insert(Value::Null);
        if let Some(list) = list.as_array_mut() {
            list.extend(entries.iter().cloned());
            operations.extend(
                entries.iter().map(|entry| json!({"op": "add", "path": format!("{at}/{field}/-"), "value": entry})),
            );
        } else {
            *list = json!(entries);
            operations.push(json!({"op": "add", "path": format!("{at}/{field}"), "value": entries}));
        }
        lines.insert((*field).to_owned(), json!(entries));
    }
    let fields: Vec<_> = lines.keys().map(|field| format!("spec.tiers[{position}].{field}")).collect();
    let path = fields.last()?;
    let shown = ChangeShown {
        what: format!(
            "in profile {}/{}, tier '{}', add to {}",
            identity.namespace,
            identity.name,
            tier.name,
            fields.join(" and ")
        ),
        place: setting.sources.profile(&identity.namespace, &identity.name, path),
        yaml: serde_saphyr::to_string(&Value::Object(lines)).ok()?,
        command: format!(
            "kubectl patch appnetworkprofile {} -n {} --type json -p '{}'",
            identity.name,
            identity.namespace,
            Value::Array(operations)
        ),
    };
    Some(Candidate { shown, act: Act::Profile(profile, value) })
}
