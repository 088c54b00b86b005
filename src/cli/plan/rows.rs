//! Policies with all that they say, labels and owners too, as they stand in files.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::networking::v1::NetworkPolicy;

use crate::{
    api::AppNetworkProfile,
    cli::read::Reading,
    model::{Identity, Labels},
    observe::PolicyRow,
    plan::{ObjectChange, paths},
    policy::{FIELD_MANAGER, PROFILE_LABEL, normal_value},
};
use kube::Resource;

/// Policies, by namespace and name.
pub(super) type Rows = BTreeMap<(String, String), PolicyRow>;

/// All policies of a state.
pub(super) fn rows(reading: &Reading) -> Rows {
    let read = |namespace: &str, name: &str| {
        let mut row = PolicyRow::from(&reading.policy(namespace, name)?.read::<NetworkPolicy>()?);
        if row.uid.is_empty() {
            // A file knows no uids. Policies have to be told apart all the same.
            row.uid = format!("file:{namespace}/{name}");
        }
        Some(((namespace.to_owned(), name.to_owned()), row))
    };
    reading.picture.policies.iter().filter_map(|policy| read(&policy.namespace, &policy.name)).collect()
}

/// What applying a policy changes.
pub(super) fn change(namespace: &str, old: Option<&PolicyRow>, new: &PolicyRow) -> ObjectChange {
    let fields = old.map(|old| {
        let mut fields = Vec::new();
        let kept = |labels: &Labels| labels.iter().all(|(key, value)| old.labels.get(key) == Some(value));
        if !kept(&new.labels) {
            fields.push("metadata.labels".to_owned());
        }
        paths("", &normal_value(&old.spec), &normal_value(&new.spec), &mut fields);
        fields
    });
    ObjectChange::new(("NetworkPolicy", namespace, &new.name), fields)
}

/// Was this policy made from the profile? Its owner says so; where it has none, as in files, our labels do.
fn is_of(row: &PolicyRow, profile: &str) -> bool {
    let controller = row.owners.iter().find(|owner| owner.controller == Some(true));
    if let Some(owner) = controller {
        return owner.kind == AppNetworkProfile::kind(&()) && owner.name == profile;
    }
    let label = |key: &str, value: &str| row.labels.get(key).is_some_and(|label| label == value);
    label(PROFILE_LABEL, profile) && label("app.kubernetes.io/managed-by", FIELD_MANAGER)
}

/// The policies of a profile: the uid that owns them, which may be known only from them, and their own uids.
pub(super) fn of_profile(rows: &Rows, identity: &Identity, uid: Option<&str>) -> (String, BTreeSet<String>) {
    let own = rows.iter().filter(|((namespace, _), _)| *namespace == identity.namespace).map(|(_, row)| row);
    let own: Vec<_> = own.filter(|row| is_of(row, &identity.name)).collect();
    let owners = own.iter().flat_map(|row| &row.owners).filter(|owner| owner.controller == Some(true));
    let uid = uid.filter(|uid| !uid.is_empty()).map(str::to_owned);
    let uid = uid.or_else(|| owners.map(|owner| owner.uid.clone()).next()).unwrap_or_default();
    (uid, own.into_iter().map(|row| row.uid.clone()).collect())
}
