//! Profiles, and the policies that they become where nobody has written them yet.

use serde_json::Value;

use crate::{
    api::AppNetworkProfile,
    model::{Platform, Profile, parse},
    observe::{Endpoints, PolicySpec, World},
    policy::{self, Desired, Resolved, Role},
    reach::{Picture, Policy},
};

/// The profiles of a state, and what they are rendered against.
#[derive(Debug, Default)]
pub struct Profiles {
    known: Vec<Known>,
    platform: Platform,
    world: World,
}

/// A profile.
#[derive(Debug)]
pub struct Known {
    /// As it was written.
    pub value: Value,
    /// The same, validated.
    pub profile: Profile,
    /// Its policies, by name.
    roles: Vec<(String, Role)>,
}

impl Profiles {
    /// The profiles among these objects; what is wrong with one is for others to say.
    #[must_use]
    pub fn new(values: Vec<Value>, platform: Platform, picture: &Picture, endpoints: &[Endpoints]) -> Self {
        // Most states have none, and are looked at in less time than their Pods are put into classes.
        let world = if values.is_empty() { World::default() } else { picture.world(endpoints) };
        let mut profiles = Self { known: Vec::new(), platform, world };
        let known = values.into_iter().filter_map(|value| {
            let profile = profiles.read(&value)?;
            let desired = profiles.desired(&profile);
            let roles = desired.policies().map(|policy| (policy.name.clone(), policy.role.clone())).collect();
            Some(Known { value, profile, roles })
        });
        profiles.known = known.collect();
        profiles
    }

    /// All of them.
    #[must_use]
    pub fn known(&self) -> &[Known] {
        &self.known
    }

    /// What the platform says.
    #[must_use]
    pub const fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Reads a profile that was changed.
    pub(super) fn read(&self, value: &Value) -> Option<Profile> {
        read(value, &self.platform)
    }

    /// What a profile refers to.
    #[must_use]
    pub fn resolve(&self, profile: &Profile) -> Resolved {
        policy::resolve(profile, &self.platform, &self.world)
    }

    fn desired(&self, profile: &Profile) -> Desired {
        policy::build(profile, &self.resolve(profile))
    }

    /// The policies of a profile, as they are evaluated.
    pub(super) fn policies(&self, profile: &Profile) -> Vec<Policy> {
        let desired = self.desired(profile);
        let standard = desired.policies().filter_map(|policy| match &policy.spec {
            PolicySpec::Standard(spec) => Policy::read(&profile.identity.namespace, &policy.name, spec).ok(),
            PolicySpec::Cilium(_) => None,
        });
        standard.collect()
    }

    /// The profile that a policy comes from, and what the policy is for.
    #[must_use]
    pub fn of_policy(&self, namespace: &str, name: &str) -> Option<(&Known, &Role)> {
        self.known.iter().filter(|known| known.profile.identity.namespace == namespace).find_map(|known| {
            let (_, role) = known.roles.iter().find(|(policy, _)| policy == name)?;
            Some((known, role))
        })
    }

    /// Adds the policies of profiles of which the state has none yet; the profiles of which that is so. `is_live`, by
    /// namespace and name: the state knows all that there is of this profile.
    pub fn complete(&self, picture: &mut Picture, is_live: impl Fn(&str, &str) -> bool) -> Vec<String> {
        let mut completed = Vec::new();
        for Known { profile, .. } in &self.known {
            let active = profile.mode == crate::api::Mode::Enforce && !profile.suspend;
            let active = active && !is_live(&profile.identity.namespace, &profile.identity.name);
            let policies = if active { self.policies(profile) } else { Vec::new() };
            let is_there = |policy: &Policy| {
                picture.policies.iter().any(|known| known.namespace == policy.namespace && known.name == policy.name)
            };
            if !policies.is_empty() && !policies.iter().any(is_there) {
                picture.policies.extend(policies);
                completed.push(format!("{}/{}", profile.identity.namespace, profile.identity.name));
            }
        }
        picture.policies.sort_by(|one, other| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
        completed
    }
}

fn read(value: &Value, platform: &Platform) -> Option<Profile> {
    let mut object = value.clone();
    object.as_object_mut()?.remove("status");
    let profile: AppNetworkProfile = serde_json::from_value(object).ok()?;
    parse(&profile, platform).ok()
}
