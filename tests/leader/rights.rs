//! The rights that an election needs, and what is said where one is missing.

use k8s_openapi::api::rbac::v1::Role;
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::json;

use crate::{
    replica::{LEASE_VERBS, LEASES, Replica, grant, leader},
    support::ControlPlane,
};

const QUICK: [&str; 6] = ["--lease-duration", "3", "--renew-deadline", "2", "--retry-period", "0.2"];

async fn named_when_missing(missing: &str) {
    let control_plane = ControlPlane::shared().await;
    let client = control_plane.client().await;
    let name = format!("without-{missing}");
    let mut replica = Replica::without_rights(control_plane, &name, &name, &QUICK).await;
    let rest: Vec<_> = LEASE_VERBS.into_iter().filter(|verb| *verb != missing).collect();
    grant(&client, &name, &rest).await;
    replica.start();
    let advice = format!(
        "give the operator the verb '{missing}' on 'leases' of 'coordination.k8s.io' in the namespace 'default'"
    );
    replica.says(&["the election is in trouble", &advice, "--leader-election=false"]).await;
    replica.ready().await;

    // It goes on trying: the right is enough, no start is needed.
    let all = json!({"rules": [{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": LEASE_VERBS}]});
    let roles: Api<Role> = Api::namespaced(client.clone(), LEASES);
    roles.patch(&name, &PatchParams::default(), &Patch::Merge(all)).await.expect("the edit is taken");
    leader(&client, &name, &[&name]).await;
    replica.says(&["leading: this operator writes from now on"]).await;
}

#[tokio::test]
async fn without_get_the_missing_right_is_named_and_it_leads_once_it_is_given() {
    named_when_missing("get").await;
}

#[tokio::test]
async fn without_create_the_missing_right_is_named_and_it_leads_once_it_is_given() {
    named_when_missing("create").await;
}

/// The Lease is made, and then it cannot be renewed: who led for a moment stops.
#[tokio::test]
async fn without_update_the_missing_right_is_named_and_it_leads_once_it_is_given() {
    named_when_missing("update").await;
}
