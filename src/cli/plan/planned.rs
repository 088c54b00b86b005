//! The state after: objects of files are applied, and profiles become policies.

use std::collections::BTreeSet;

use super::{
    PlanArgs, profiles,
    profiles::Wanted,
    rows::{self, Rows},
};
use crate::{
    api::{Cni, Mode, PolicyKind},
    cli::{Checker, Finding, read::Reading},
    model::Platform,
    objects::Kind,
    observe::{Availability, PolicyRow, World},
    plan::{Applying, Change, ObjectChange, Removal, Situation, changes, paths},
    policy::{self, Desired},
    reach::{Picture, Policy},
};

/// What is planned.
#[derive(Debug)]
pub struct Planned {
    /// The state before.
    pub before: Picture,
    /// The state after.
    pub after: Picture,
    /// What happens to objects, sorted.
    pub changes: Vec<ObjectChange>,
    /// What is wrong with profiles.
    pub findings: Vec<Finding>,
    /// What else cannot be done.
    pub errors: Vec<String>,
    /// What has to be known beside.
    pub notes: Vec<String>,
}

struct Planning<'a> {
    applying: Applying,
    rows: Rows,
    before: &'a Reading,
    platform: &'a Platform,
    notes: Vec<String>,
}

/// Works out the state after.
#[must_use]
pub fn planned(
    before: &Reading,
    files: &Reading,
    namespace: &str,
    args: &PlanArgs,
    (checker, platform): (&Checker, &Platform),
) -> Planned {
    let applying = Applying {
        picture: before.picture.clone(),
        templates: before.templates.clone(),
        endpoints: before.endpoints.clone(),
        changes: Vec::new(),
    };
    let mut planning = Planning { applying, rows: rows::rows(before), before, platform, notes: Vec::new() };
    let (mut findings, mut errors) = (Vec::new(), Vec::new());
    for removal in args.delete.iter().map(|removal| placed(removal, namespace)) {
        let removal = &removal;
        if planning.applying.remove(removal) {
            let gone = |namespace: &str, name: &str| match removal.kind.as_str() {
                "Namespace" => namespace == removal.name,
                "NetworkPolicy" => namespace == removal.namespace && name == removal.name,
                _ => false,
            };
            planning.rows.retain(|(namespace, name), _| !gone(namespace, name));
        } else if !planning.delete_profile(removal, namespace) {
            let (kind, namespace, name) = (&removal.kind, &removal.namespace, &removal.name);
            errors.push(format!(
                "error: --delete {kind}/{namespace}/{name}: there is no such object in the state before"
            ));
        }
    }
    planning.applying.apply(&files.picture, &files.templates, &files.endpoints);
    for ((namespace, _), row) in rows::rows(files) {
        let known = planning.rows.get(&(namespace.clone(), row.name.clone()));
        planning.applying.changes.push(rows::change(&namespace, known, &row));
        planning.put(&namespace, row);
    }
    let wanted = profiles::wanted(&files.profiles, namespace, checker, &mut findings);
    if !wanted.is_empty() {
        let world = planning.world();
        for wanted in wanted {
            planning.profile(wanted, namespace, &world);
        }
    }
    let Planning { applying: Applying { picture: after, mut changes, .. }, notes, .. } = planning;
    changes.sort_by(|one, other| {
        let key = |one: &ObjectChange| (one.namespace.clone(), one.kind.clone(), one.name.clone());
        key(one).cmp(&key(other))
    });
    findings.sort();
    Planned { before: before.picture.clone(), after, changes, findings, errors, notes }
}

/// What names no namespace is in the one of the command line, unless it lives in none.
fn placed(removal: &Removal, namespace: &str) -> Removal {
    let mut removal = removal.clone();
    if removal.namespace.is_empty() && Kind::lives_in_namespaces(&removal.kind) {
        namespace.clone_into(&mut removal.namespace);
    }
    removal
}

impl Planning<'_> {
    /// Puts a policy in place of the one of its name.
    fn put(&mut self, namespace: &str, row: PolicyRow) {
        let policies = &mut self.applying.picture.policies;
        if let Some(Ok(policy)) = row.spec.standard().map(|spec| Policy::read(namespace, &row.name, spec)) {
            policies.retain(|known| (known.namespace.as_str(), &known.name) != (namespace, &row.name));
            policies.push(policy);
        }
        self.rows.insert((namespace.to_owned(), row.name.clone()), row);
    }

    fn take(&mut self, namespace: &str, name: &str) {
        self.applying
            .picture
            .policies
            .retain(|known| (known.namespace.as_str(), known.name.as_str()) != (namespace, name));
        self.rows.remove(&(namespace.to_owned(), name.to_owned()));
    }

    /// The cluster as profiles see it.
    fn world(&self) -> World {
        let Applying { picture, endpoints, .. } = &self.applying;
        let mut world = picture.world(endpoints);
        if self.platform.cni == Cni::Cilium {
            world.cilium = Availability::Served;
        }
        world
    }

    fn profile(&mut self, Wanted { profile, spec }: Wanted, namespace: &str, world: &World) {
        let known = profiles::known(&self.before.profiles, namespace, &profile.identity);
        let identity = profile.identity.clone();
        let fields = known.as_ref().map(|(_, known)| {
            let mut fields = Vec::new();
            paths("spec", known, &spec, &mut fields);
            fields
        });
        let which = ("AppNetworkProfile", identity.namespace.as_str(), identity.name.as_str());
        self.applying.changes.push(ObjectChange::new(which, fields));
        let title = format!("profile {}/{}", identity.namespace, identity.name);
        if profile.suspend {
            return self.notes.push(format!("{title} is suspended: its policies stay as they are"));
        }
        let resolved = policy::resolve(&profile, self.platform, world);
        let missing = resolved.unresolved.iter().map(|one| format!("{title}: {}: {}", one.path, one.message));
        self.notes.extend(missing);
        let desired = match profile.mode {
            Mode::Disabled => Desired::nothing(identity, false),
            _ if resolved.dns.is_none() => return self.notes.push(format!("{title}: without DNS nothing is written")),
            mode => {
                if mode == Mode::Audit {
                    self.notes.push(format!("{title} has mode Audit: this is what mode Enforce would change"));
                }
                policy::build(&profile, &resolved)
            }
        };
        self.enforce(desired, known.map(|(uid, _)| uid).as_deref());
    }

    /// Takes the policies of a profile that goes away; false when it is not there.
    fn delete_profile(&mut self, removal: &Removal, namespace: &str) -> bool {
        let Removal { kind, namespace: own, name } = removal;
        let identity = crate::model::Identity { namespace: own.into(), name: name.clone(), uid: String::new() };
        let is_there = profiles::known(&self.before.profiles, namespace, &identity).is_some();
        let has_policies = !rows::of_profile(&self.rows, &identity, None).1.is_empty();
        if kind != "AppNetworkProfile" || !(is_there || has_policies) {
            return false;
        }
        let change = ObjectChange::new((kind, own, name), None);
        self.applying.changes.push(ObjectChange { action: "Delete", ..change });
        self.enforce(Desired::nothing(identity, false), None);
        true
    }

    /// Writes what a profile wants, and removes what it no longer does.
    fn enforce(&mut self, mut desired: Desired, uid: Option<&str>) {
        let (uid, known) = rows::of_profile(&self.rows, &desired.identity, uid);
        // Nobody knows the owners of what stands in files.
        let without_owners = uid.is_empty();
        desired.identity.uid = uid;
        let namespace = desired.identity.namespace.clone();
        let observed: Vec<_> = self.rows.iter().filter(|((own, _), _)| *own == namespace).map(|(_, row)| row).collect();
        let nobody = BTreeSet::new();
        let situation =
            Situation { desired: &desired, observed: &observed, known: &known, held: &nobody, failed: &nobody };
        let mut changes = changes(&situation);
        for change in changes.iter_mut().filter(|_| without_owners) {
            change.fields.retain(|field| field != "metadata.ownerReferences");
        }
        changes.retain(|change| change.action != "Update" || !change.fields.is_empty());
        for Change { action, policy, kind, fields } in &changes {
            let mut change = ObjectChange::new((kind.as_str(), &namespace, policy), Some(fields.clone()));
            change.action = action;
            change.profile.clone_from(&desired.identity.name);
            self.applying.changes.push(change);
            match (*action, desired.policy(*kind, policy)) {
                ("Delete", _) => self.take(&namespace, policy),
                ("Create" | "Update", Some(wanted)) => self.put(&namespace, wanted.manifest(&namespace).row()),
                _ => {}
            }
        }
        let same = desired.policies().filter(|wanted| !changes.iter().any(|change| change.policy == wanted.name));
        for wanted in same {
            let mut change = ObjectChange::new((wanted.kind().as_str(), &namespace, &wanted.name), Some(Vec::new()));
            change.profile.clone_from(&desired.identity.name);
            self.applying.changes.push(change);
        }
        if desired.companions.iter().any(|one| one.kind() == PolicyKind::CiliumNetworkPolicy) {
            self.notes.push("not evaluated: policies of Cilium's own, for calls to the API server".into());
        }
    }
}
