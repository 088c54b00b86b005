//! The plan as a document, for programs; the other forms are written from it.

use serde::Serialize;

use super::Planned;
use crate::{
    plan::{
        ObjectChange,
        flows::{Counts, Crowd, Effect, Flow, Flows, Through, groups, through},
    },
    reach::{Cause, Direction, FarEnd, PortSet},
};

/// `kind: Plan`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// `cli.appnet.dev/v1`.
    pub api_version: &'static str,
    /// `Plan`.
    pub kind: &'static str,
    /// Something could not be read: what is said of the rest may be wrong.
    pub partial: bool,
    /// Figures.
    pub summary: Summary,
    /// Objects that change.
    pub objects: Vec<ObjectRow>,
    /// Flows through Services and ways in.
    pub ways: Vec<WayRow>,
    /// All flows, in groups, or each by itself.
    pub flows: Vec<FlowRow>,
}

/// Figures. Flows are counted pair by pair, whatever the groups are.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Objects that are created.
    pub create: usize,
    /// Objects that are updated.
    pub update: usize,
    /// Objects that are deleted.
    pub delete: usize,
    /// Policies whose name belongs to someone else.
    pub blocked: usize,
    /// Objects that stay as they are.
    pub unchanged: usize,
    /// Flows that lose ports and win none.
    pub cut: usize,
    /// Flows that lose ports and win others.
    pub changed: usize,
    /// Flows that win ports and lose none.
    pub opened: usize,
    /// Ways in that lose ports.
    pub ways_cut: usize,
}

/// An object.
#[derive(Debug, Serialize)]
pub struct ObjectRow {
    /// `create`, `update`, `delete`, `blocked`.
    pub action: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace; empty for one of the whole cluster.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The profile that it is made from.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub profile: String,
    /// With `update`: the fields that change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
}

/// A Service or a way in.
#[derive(Debug, Serialize)]
pub struct WayRow {
    /// `cut`, `changed`, `opened`.
    pub effect: &'static str,
    /// As `Service shop/db`.
    pub way: String,
    /// Who calls, in words; empty for a way in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// Who is called in the end.
    pub to: String,
    /// The Pods' ports that are lost.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub lost: String,
    /// The Pods' ports that are won.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub won: String,
    /// Nobody knows whether the ingress controller is among those that may call.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unsure: bool,
    /// Why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
}

/// Flows.
#[derive(Debug, Serialize)]
pub struct FlowRow {
    /// `cut`, `changed`, `opened`.
    pub effect: &'static str,
    /// Who calls, in words.
    pub from: String,
    /// Who is called, in words.
    pub to: String,
    /// The ports before.
    pub before: String,
    /// The ports after.
    pub after: String,
    /// The ports that are lost.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub lost: String,
    /// The ports that are won.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub won: String,
    /// How many pairs these are.
    pub pairs: usize,
    /// Why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
}

impl Document {
    /// Does nothing change?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.ways.is_empty() && self.flows.is_empty()
    }
}

/// The plan as a document.
#[must_use]
pub fn document(planned: &Planned, flows: &Flows, all: bool, partial: bool) -> Document {
    let everyone = flows.everyone();
    let crowd = Crowd::new(&everyone);
    let through = through(flows, &planned.before, &planned.after);
    let Counts { cut, changed, opened } = flows.counts();
    let count = |action: &str| planned.changes.iter().filter(|change| change.action == action).count();
    let summary = Summary {
        create: count("Create"),
        update: count("Update"),
        delete: count("Delete"),
        blocked: count("Blocked"),
        unchanged: count("Unchanged"),
        cut,
        changed,
        opened,
        ways_cut: through.iter().filter(|one| one.from.is_empty() && !one.unsure && !one.lost.is_empty()).count(),
    };
    let rows = if all {
        flows.flows.iter().map(single).collect()
    } else {
        let groups = groups(&flows.flows, &crowd);
        groups
            .into_iter()
            .map(|one| row((one.from, one.to), (one.before, one.after), &one.causes, one.flows.len()))
            .collect()
    };
    Document {
        api_version: "cli.appnet.dev/v1",
        kind: "Plan",
        partial,
        summary,
        objects: planned.changes.iter().filter(|change| change.action != "Unchanged").map(object).collect(),
        ways: through.iter().map(|one| way(one, &crowd)).collect(),
        flows: rows,
    }
}

fn object(change: &ObjectChange) -> ObjectRow {
    ObjectRow {
        action: change.action.to_lowercase(),
        kind: change.kind.clone(),
        namespace: change.namespace.clone(),
        name: change.name.clone(),
        profile: change.profile.clone(),
        fields: change.fields.clone(),
    }
}

fn way(one: &Through, crowd: &Crowd<'_>) -> WayRow {
    let near = FarEnd::Node(one.to.clone());
    WayRow {
        effect: one.effect.as_str(),
        way: one.way.to_string(),
        from: crowd.describe(&one.from.iter().collect::<Vec<_>>(), &near),
        to: one.to.to_string(),
        lost: some(&one.lost),
        won: some(&one.won),
        unsure: one.unsure,
        because: because(&one.causes),
    }
}

fn single(flow: &Flow) -> FlowRow {
    let one = &flow.difference;
    row((one.from.to_string(), one.to.to_string()), (&one.before, &one.after), &flow.causes, 1)
}

fn row((from, to): (String, String), (before, after): (&PortSet, &PortSet), causes: &[Cause], pairs: usize) -> FlowRow {
    FlowRow {
        effect: Effect::of(before, after).as_str(),
        from,
        to,
        before: before.in_words(),
        after: after.in_words(),
        lost: some(&before.without(after)),
        won: some(&after.without(before)),
        pairs,
        because: because(causes),
    }
}

fn some(set: &PortSet) -> String {
    if set.is_empty() { String::new() } else { set.in_words() }
}

fn because(causes: &[Cause]) -> Vec<String> {
    let said = causes.iter().map(|cause| {
        let policies: Vec<_> = cause.policies.iter().map(|(namespace, name)| format!("{namespace}/{name}")).collect();
        let policies = policies.join(", ");
        let way = if cause.direction == Direction::Ingress { "in" } else { "out" };
        if cause.isolates {
            format!("now isolated on the way {way} by {policies}")
        } else if cause.policies.is_empty() {
            format!("no longer let {way} by any policy")
        } else {
            format!("no longer let {way} by {policies}")
        }
    });
    said.collect()
}
