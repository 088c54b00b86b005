//! What one hand-over looks like.

use appnet::api::AppNetworkProfile;
use k8s_openapi::{api::networking::v1::NetworkPolicy, jiff::Timestamp};
use kube::{
    Api, Client,
    api::{ListParams, PostParams},
};

use crate::{
    proof::{holdings, matters},
    replica::{LEASES, Replica, holder, leader, lease},
    scene::{PATIENCE, TWO_TIERS, is, provide_dns},
    support::{ControlPlane, Fault, Namespace, Write, eventually},
};

/// A namespace, two replicas that manage it, and the one that was started first, and leads.
struct Pair {
    control_plane: &'static ControlPlane,
    client: Client,
    ns: Namespace,
    lease: String,
    first: Replica,
    second: Replica,
}

impl Pair {
    async fn start(prefix: &str, flags: &[&str]) -> Self {
        let control_plane = ControlPlane::shared().await;
        let client = control_plane.client().await;
        provide_dns(&client).await;
        let ns = Namespace::create(control_plane, prefix).await;
        let lease = format!("lease-of-{ns}");
        let flags: Vec<_> = ["--namespace", &ns].iter().chain(flags).map(ToString::to_string).collect();
        let flags: Vec<_> = flags.iter().map(String::as_str).collect();
        let mut first = Replica::new(control_plane, &format!("{prefix}-first"), &lease, &flags).await;
        let mut second = Replica::new(control_plane, &format!("{prefix}-second"), &lease, &flags).await;
        first.start();
        leader(&client, &lease, &[&first.name]).await;
        second.start();
        second.ready().await;
        second.says(&["standing by: another operator leads", &format!("{}_", first.name)]).await;
        Self { control_plane, client, ns, lease, first, second }
    }

    async fn apply(&self, name: &str) {
        let profile = AppNetworkProfile::new(name, serde_saphyr::from_str(TWO_TIERS).expect("a spec"));
        let profiles = Api::namespaced(self.client.clone(), &self.ns);
        profiles.create(&PostParams::default(), &profile).await.expect("taken");
    }

    async fn until_ready(&self, name: &str) {
        let profiles: Api<AppNetworkProfile> = Api::namespaced(self.client.clone(), &self.ns);
        eventually(&format!("{name} is ready"), PATIENCE, async || {
            let profile = profiles.get(name).await.expect("there");
            if is(&profile, "Ready", "True") { Ok(()) } else { Err(profile.status) }
        })
        .await;
    }

    /// Some time after both are ready, each profile lists the other's four policies in its status.
    async fn until_it_names_all_of(&self, name: &str, other: &str) {
        let profiles: Api<AppNetworkProfile> = Api::namespaced(self.client.clone(), &self.ns);
        eventually(&format!("{name} names the policies of {other}"), PATIENCE, async || {
            let status = profiles.get(name).await.expect("there").status.unwrap_or_default();
            let of_other =
                status.foreign_policies.iter().filter(|policy| policy.name.starts_with(&format!("{other}-")));
            if of_other.count() == 4 { Ok(()) } else { Err(status) }
        })
        .await;
    }

    async fn policies(&self) -> usize {
        let policies: Api<NetworkPolicy> = Api::namespaced(self.client.clone(), &self.ns);
        policies.list(&ListParams::default()).await.expect("a list").items.len()
    }

    /// Everything that a replica wrote, Leases aside.
    fn writes_of(&self, replica: &Replica) -> Vec<Write> {
        self.control_plane.all_writes().into_iter().filter(|write| write.user == replica.name).collect()
    }

    fn lease_writes_of(&self, replica: &Replica) -> usize {
        let writes = self.control_plane.lease_writes(LEASES, &self.lease);
        writes.iter().filter(|lease| lease.write.user == replica.name).count()
    }
}

// Pitfall 60.
#[tokio::test]
async fn of_two_operators_with_one_lease_one_writes_and_the_other_is_ready_and_writes_nothing() {
    let pair = Pair::start("pair", &[]).await;
    pair.apply("shop").await;
    pair.until_ready("shop").await;
    assert_eq!(
        (pair.first.metric("appnet_leader"), pair.second.metric("appnet_leader")),
        (Some("1".into()), Some("0".into()))
    );
    assert_eq!(pair.first.metric("appnet_leader_transitions_total"), Some("1".into()));
    assert_eq!(pair.second.get("/readyz").map(|(code, _)| code), Some(200), "or a rollout would never end");
    eventually("the leader's Events are written", PATIENCE, async || {
        let writes = pair.writes_of(&pair.first);
        if writes.iter().any(|write| write.resource == "events") { Ok(()) } else { Err(writes) }
    })
    .await;
    assert!(pair.writes_of(&pair.first).iter().filter(|write| matters(write)).count() > 5);
    assert_eq!(pair.writes_of(&pair.second), []);
    assert_eq!(pair.lease_writes_of(&pair.second), 0, "it only looks");
}

// Pitfall 60.
#[tokio::test]
async fn the_next_leader_looks_at_every_profile_and_writes_nothing_where_nothing_changed() {
    let mut pair = Pair::start("calm", &["--retry-period", "0.3"]).await;
    pair.apply("shop").await;
    pair.apply("blog").await;
    pair.until_ready("shop").await;
    pair.until_ready("blog").await;
    pair.until_it_names_all_of("shop", "blog").await;
    pair.until_it_names_all_of("blog", "shop").await;
    pair.first.signal("-TERM");
    assert_eq!(pair.first.ended().await.code(), Some(0));
    leader(&pair.client, &pair.lease, &[&pair.second.name]).await;
    eventually("both were looked at", PATIENCE, async || {
        match pair.second.metric("appnet_reconciles_total{outcome=\"applied\"}") {
            // More often when namespaces of other tests come and go.
            Some(count) if count.parse().is_ok_and(|count: u32| count >= 2) => Ok(()),
            other => Err(other),
        }
    })
    .await;
    assert_eq!(pair.writes_of(&pair.second), []);
}

// Pitfall 61.
/// With the times of a real cluster: who waited for the Lease to run out would take 15 seconds.
#[tokio::test]
async fn a_leader_that_is_told_to_stop_gives_the_lease_back_and_nobody_waits_for_it_to_run_out() {
    let mut pair = Pair::start("polite", &[]).await;
    pair.first.signal("-TERM");
    assert_eq!(pair.first.ended().await.code(), Some(0));
    let between = lease(&pair.client, &pair.lease).await.and_then(|lease| lease.spec).expect("it stays there");
    leader(&pair.client, &pair.lease, &[&pair.second.name]).await;
    let after = lease(&pair.client, &pair.lease).await.and_then(|lease| lease.spec).expect("it is there");
    let given_back: Timestamp = between.renew_time.expect("a time").0;
    let taken: Timestamp = after.acquire_time.expect("a time").0;
    let waited = taken.duration_since(given_back).as_secs_f64();
    let duration = f64::from(after.lease_duration_seconds.expect("a duration"));
    assert!(waited < duration, "{waited} s of {duration} s");
    let holdings = holdings(pair.control_plane.lease_writes(LEASES, &pair.lease));
    assert!(holdings[0].given_back, "{holdings:?}");
    assert_eq!(after.lease_transitions, Some(1));
}

// Pitfall 61.
#[tokio::test]
async fn work_under_way_is_finished_before_the_lease_is_given_back() {
    // Nobody waits for this Lease to run out; a write that is held may take as long as any request.
    let mut pair =
        Pair::start("busy", &["--lease-duration", "30", "--renew-deadline", "20", "--retry-period", "0.2"]).await;
    let slow = pair
        .first
        .proxy
        .install(Fault::hold().on(|method, path| method == "POST" && path.ends_with("/networkpolicies")));
    pair.apply("shop").await;
    eventually("a write is under way", PATIENCE, async || if slow.hits() > 0 { Ok(()) } else { Err(()) }).await;
    pair.first.signal("-TERM");
    pair.first.says(&["stopping: work under way is finished first"]).await;
    let renewed = pair.lease_writes_of(&pair.first);
    eventually("it renews the Lease meanwhile", PATIENCE, async || {
        let now = pair.lease_writes_of(&pair.first);
        if now > renewed + 2 { Ok(()) } else { Err(now) }
    })
    .await;
    slow.remove();
    assert_eq!(pair.first.ended().await.code(), Some(0));
    let holdings = holdings(pair.control_plane.lease_writes(LEASES, &pair.lease));
    assert!(holdings[0].given_back, "{holdings:?}");
    let written = pair.writes_of(&pair.first);
    let last = written.iter().map(|write| write.done).max().expect("it was written");
    assert!(last <= holdings[0].until, "{last} {}", holdings[0].until);
    pair.until_ready("shop").await;
    assert_eq!(pair.policies().await, 4);
}

// Pitfall 62.
#[tokio::test]
async fn a_write_that_hangs_ends_before_another_may_lead_and_is_not_carried_out_later() {
    let pair =
        Pair::start("hung", &["--lease-duration", "3", "--renew-deadline", "1.5", "--retry-period", "0.2"]).await;
    let holds = |proxy: &crate::support::FaultProxy| proxy.install(Fault::hold().on(|method, _| method != "GET"));
    let cut = holds(&pair.first.proxy);
    pair.apply("shop").await;
    leader(&pair.client, &pair.lease, &[&pair.second.name]).await;
    pair.first.says(&["not the leader any more", "could not be renewed"]).await;
    pair.until_ready("shop").await;
    assert!(cut.hits() > 1, "writes and renewals hung");
    cut.remove();
    // What waited at the proxy had its time to go on.
    let renewed = pair.lease_writes_of(&pair.second);
    eventually("some time has passed", PATIENCE, async || {
        let now = pair.lease_writes_of(&pair.second);
        if now > renewed + 5 { Ok(()) } else { Err(now) }
    })
    .await;
    pair.first.says(&["standing by: another operator leads", &format!("{}_", pair.second.name)]).await;
    let late: Vec<_> = pair.writes_of(&pair.first).into_iter().filter(matters).collect();
    assert_eq!(late, []);
    assert_eq!(pair.first.metric("appnet_leader"), Some("0".into()));
}

// Pitfall 60.
#[tokio::test]
async fn a_lease_that_someone_deletes_is_no_invitation_for_those_who_knew_its_holder() {
    let pair =
        Pair::start("deleted", &["--lease-duration", "4", "--renew-deadline", "3", "--retry-period", "0.3"]).await;
    let before = holder(&pair.client, &pair.lease).await;
    let leases: Api<k8s_openapi::api::coordination::v1::Lease> = Api::namespaced(pair.client.clone(), LEASES);
    leases.delete(&pair.lease, &kube::api::DeleteParams::default()).await.expect("taken");
    pair.first.says(&["not the leader any more", "someone deleted the Lease"]).await;
    assert_eq!(leader(&pair.client, &pair.lease, &[&pair.first.name, &pair.second.name]).await, pair.first.name);
    assert_eq!(holder(&pair.client, &pair.lease).await, before, "the same process leads again");
    // It counts when it has the answer, which comes after the Lease can be read.
    eventually("the return counts", PATIENCE, async || match pair.first.metric("appnet_leader_transitions_total") {
        Some(count) if count == "3" => Ok(()),
        other => Err(other),
    })
    .await;
}
