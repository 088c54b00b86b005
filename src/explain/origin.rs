//! Where a policy comes from: the profile, its tier, and the fields that a rule says the same as.

use super::{
    answer::ProfileShown,
    mismatch::{Other, closest},
    port::{At, is_among},
    setting::Setting,
};
use crate::{
    model::PodMatch,
    policy::{
        Allow, EXPLANATION_ANNOTATION, PROFILE_LABEL, ROLE_LABEL, Role, TIER_LABEL, allows_of, group, policy_spec,
    },
    reach::{Direction, Pod, Policy},
};

/// The profile that wrote a policy; nothing when none did.
pub(super) fn profile_of(setting: &Setting<'_>, namespace: &str, name: &str) -> Option<ProfileShown> {
    if let Some((known, role)) = setting.profiles.of_policy(namespace, name) {
        let identity = &known.profile.identity;
        let tier = matches!(role, Role::Tier(_)).then(|| role.subject().to_owned());
        let tiers = &known.profile.tiers;
        let path = match &tier {
            Some(tier) => tiers.iter().find(|one| one.name == *tier).map_or("spec", |tier| &tier.path),
            None if *role == Role::Dns => "spec.dns",
            None => "spec.isolation",
        };
        let place = setting.sources.profile(&identity.namespace, &identity.name, path);
        return Some(ProfileShown { name: identity.name.clone(), role: role.as_str().into(), tier, place, says: None });
    }
    let label = |key| setting.sources.label(namespace, name, key);
    Some(ProfileShown {
        name: label(PROFILE_LABEL)?,
        role: label(ROLE_LABEL).unwrap_or_default(),
        tier: label(TIER_LABEL),
        place: None,
        says: setting.sources.annotation(namespace, name, EXPLANATION_ANNOTATION),
    })
}

/// The fields of a profile that allow this, in their order, each with its place.
pub(super) fn fields(
    setting: &Setting<'_>,
    (namespace, name): (&str, &str),
    direction: Direction,
    (other, called): (Other<'_>, Option<&Pod>),
    at: Option<At>,
) -> Vec<String> {
    let Some((known, role)) = setting.profiles.of_policy(namespace, name) else { return Vec::new() };
    let mut found: Vec<String> = match role {
        Role::Tier(tier) => {
            let resolved = setting.profiles.resolve(&known.profile);
            let (ingress, egress) = allows_of(&known.profile, &resolved, tier);
            let allows = if direction == Direction::Ingress { ingress } else { egress };
            let about = allows.iter().filter(|allow| is_about(allow, namespace, other, called, at, setting));
            about.map(|allow| allow.path.clone()).collect()
        }
        Role::Dns => vec!["spec.dns".to_owned()],
        Role::ApiServer(_) | Role::DefaultDeny | Role::Bridge(_) => Vec::new(),
    };
    found.dedup();
    let identity = &known.profile.identity;
    let place = |path: &str| setting.sources.profile(&identity.namespace, &identity.name, path);
    found
        .into_iter()
        .map(|path| place(&path).map_or_else(|| path.clone(), |place| format!("{path} ({place})")))
        .collect()
}

/// One field says it when a policy of this field alone would.
fn is_about(
    allow: &Allow,
    namespace: &str,
    other: Other<'_>,
    called: Option<&Pod>,
    at: Option<At>,
    setting: &Setting<'_>,
) -> bool {
    let spec = policy_spec(&PodMatch::All, &group([allow]), &[]);
    let Ok(policy) = Policy::read(namespace, "one", &spec) else { return false };
    policy.ingress.iter().flatten().any(|rule| {
        closest(&rule.peers, namespace, other, setting.picture).is_none()
            && at.is_none_or(|at| is_among(&rule.ports, called, at))
    })
}
