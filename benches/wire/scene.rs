//! A namespace with an app, the change that is measured, and the way back.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    audit,
    cluster::{Cluster, PATIENCE, eventually},
    figures::Measured,
    place::{Place, Server},
    support::scratch,
    watch::{Probe, Run, Watch, now},
};

/// Milliseconds between two connections of a flow: the measure cannot be finer.
const EVERY: u32 = 5;

/// A flow has changed when it stays as it is for this long.
const STEADY: u128 = 500_000;

/// Opened by the change; shut before it by a policy that is always there.
pub const OPENED: &str = "api-db";
/// Shut by the change, as soon as the policy of the tier that is called is there.
pub const SHUT_BY_TIER: &str = "stranger-api";
/// Shut by the change, and only by the default-deny: it comes from another namespace, to a Pod of no tier.
pub const SHUT_BY_DENY: &str = "outside-stranger";

const FLOWS: [&str; 3] = [OPENED, SHUT_BY_TIER, SHUT_BY_DENY];

const PROFILE: &str = "\
apiVersion: appnet.dev/v1alpha1
kind: AppNetworkProfile
metadata:
  name: shop
spec:
  tiers:
  - name: web
    podSelector: {matchLabels: {app: web}}
    ports: [{name: http, port: 8080}]
  - name: api
    podSelector: {matchLabels: {app: api}}
    ports: [{name: grpc, port: 8081}]
    from: [{tier: web}]
  - name: db
    podSelector: {matchLabels: {app: db}}
    ports: [{name: sql, port: 5432}]
    from: [{tier: api}]
";

/// Without it the flow that the change opens would be open before.
const START: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: start
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress]
";

/// Who writes the policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The operator, for a profile.
    Profile,
    /// kubectl, from a file.
    ByHand,
}

/// The Pods, and the two files that are applied.
pub struct Scene {
    place: Place,
    watch: Watch,
    profile: PathBuf,
    policies: PathBuf,
}

impl Scene {
    /// Starts everything, and does each side once: that also fills kubectl's caches and opens the operator's connections.
    pub fn begin() -> Self {
        let place = Place::on(Cluster::shared(), "shop");
        let outside = Place::on(place.cluster, "outside");
        let ports = [("web", 8080), ("api", 8081), ("db", 5432), ("stranger", 7001)];
        place.start(&ports.map(|(name, port)| Server::new(name, &[port])));
        outside.start(&[Server::new("visitor", &[7001])]);
        place.apply(START);
        let (db, api, stranger) = (place.tcp("db", 5432), place.tcp("api", 8081), place.tcp("stranger", 7001));
        let probe = |place, pod, flow: &str, target| Probe::in_pod(place, pod, vec![format!("{flow}={target}")]);
        let watch = Watch::start(
            EVERY,
            [
                probe(&place, "api", OPENED, db),
                probe(&place, "stranger", SHUT_BY_TIER, api),
                probe(&outside, "visitor", SHUT_BY_DENY, stranger),
            ],
        );
        let (profile, policies) = (scratch("profile.yaml"), scratch("policies.yaml"));
        fs::write(&profile, PROFILE).expect("the scratch folder can be written");
        fs::write(&policies, rendered(&profile)).expect("the scratch folder can be written");
        let scene = Self { place, watch, profile, policies };
        scene.settle(0, false);

        let mut made = [Side::Profile, Side::ByHand].map(|side| {
            scene.kubectl(&["apply", "-f", scene.file(side)]);
            scene.settle(now(), true);
            let made = scene.policies_now();
            scene.undo(side);
            made.into_iter().map(|mut policy| (policy["metadata"]["name"].take(), policy["spec"].take()))
        });
        let [ours, theirs] = made.each_mut().map(Iterator::collect::<Vec<_>>);
        assert_eq!(ours, theirs, "both sides make the same policies");
        scene
    }

    /// Makes the change, waits for its end, and takes it back.
    pub fn measure(&self, side: Side, number: usize) -> Measured {
        // Not always the same time after the change before: the data plane has timers of its own.
        sleep(Duration::from_millis(500 + u64::try_from(number / 2 * 37 % 500).unwrap_or_default()));
        let began = now();
        self.kubectl(&["apply", "-f", self.file(side)]);
        let applied = now();
        self.settle(began, true);
        let last = |flow: &str, open: bool| {
            let runs = self.watch.so_far(flow);
            let last = runs.iter().rev().find(|run| run.open == open).map_or(began, |run| run.last.max(began));
            last - began
        };
        let first_allowed =
            self.watch.so_far(OPENED).iter().find(|run| run.open && run.first >= began).map(|run| run.first - began);
        let measured = Measured {
            side,
            kubectl: applied - began,
            first_allowed: first_allowed.expect("it was opened"),
            last_denied: last(OPENED, false),
            last_allowed_by_tier: last(SHUT_BY_TIER, true),
            last_allowed_by_deny: last(SHUT_BY_DENY, true),
            requests: audit::since(&self.place.cluster.folder().join("audit.log"), &self.place.name, began),
        };
        self.undo(side);
        measured
    }

    /// Ends the probes, and fails when one had ended before.
    pub fn end(self) {
        self.watch.end();
        for file in [&self.profile, &self.policies] {
            // Nobody misses what is gone already.
            let _ = fs::remove_file(file);
        }
    }

    fn undo(&self, side: Side) {
        let began = now();
        self.kubectl(&["delete", "--wait", "-f", self.file(side)]);
        // The garbage collector removes those of a profile afterwards.
        eventually("only the first policy is left", || match self.policies_now().len() {
            0 => Ok(()),
            more => Err(more),
        });
        self.settle(began, false);
    }

    /// Waits until every flow is as the change makes it, or as it was before, and stays so.
    fn settle(&self, since: u128, changed: bool) {
        let end = Instant::now() + PATIENCE;
        for flow in FLOWS {
            let wanted = (flow == OPENED) == changed;
            while !steady(&self.watch.so_far(flow), wanted, since) {
                let open = if wanted { "open" } else { "shut" };
                assert!(Instant::now() < end, "{flow} does not get {open}: {:?}", self.watch.so_far(flow).last());
                sleep(Duration::from_millis(50));
            }
        }
    }

    fn kubectl(&self, args: &[&str]) {
        self.place.kubectl(args);
    }

    fn file(&self, side: Side) -> &str {
        let file = if side == Side::Profile { &self.profile } else { &self.policies };
        file.to_str().expect("cargo's folder has a name in UTF-8")
    }

    fn policies_now(&self) -> Vec<Value> {
        let list = self.place.get(&["networkpolicies", "--selector=appnet.dev/profile=shop"]);
        list["items"].as_array().expect("a list").clone()
    }
}

/// Did the flow stay as wanted for a while, and until after that time?
fn steady(runs: &[Run], wanted: bool, since: u128) -> bool {
    let wrong = runs.iter().rev().find(|run| run.open != wanted).map_or(since, |run| run.last.max(since));
    runs.last().is_some_and(|run| run.open == wanted && run.last >= wrong + STEADY)
}

/// The policies as a user gets them without a cluster, in the order in which the operator writes them: the tiers, DNS, and the
/// default-deny last, so that by hand nothing is cut on the way either.
fn rendered(profile: &Path) -> Vec<u8> {
    let program = env!("CARGO_BIN_EXE_kubectl-appnet");
    let output = Command::new(program).arg("render").arg("-f").arg(profile).output().expect("the plugin starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
