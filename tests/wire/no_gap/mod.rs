//! No gap: while a profile is created, changed in every field and deleted, while the operator is killed, replaced and
//! upgraded, no connection is refused that the old and the new intent allow, and none succeeds that neither allows.
//! The probes in the Pods see what succeeds, and the data plane tells what it dropped.
//!
//! A new connection every 20 ms on every flow, allowed or not, from the Pods themselves.

mod changes;
mod drops;
mod flows;
mod journal;

use std::{thread::sleep, time::Duration};

use serde_json::Value;

use crate::{
    cluster::{Cluster, QUIET, SYSTEM, eventually},
    place::condition,
};
use changes::{base, changes};
use flows::App;
use journal::Journal;

#[test]
fn nothing_is_cut_or_opened_on_the_way_of_any_change() {
    // The operator is killed and replaced: nobody else may rely on it meanwhile.
    let _quiet = QUIET.write();
    let app = App::start();
    let mut spec = base(&app);
    let mut journal = Journal::begin(&app);

    journal.step("the profile is created", |_| ());
    journal.which_shuts(&app.undeclared());
    apply(&app, &spec);
    journal.settle(&app);

    for change in changes(&app) {
        journal.step(change.what, |wanted| wanted.change(change.opens, change.shuts));
        (change.edit)(&mut spec);
        apply(&app, &spec);
        journal.settle(&app);
    }

    // A change while the operator is away: killed, not asked to stop.
    journal.step("the operator is killed, and a tier is added", |wanted| wanted.change(&["api-cache"], &[]));
    kill_the_operator(app.place.cluster);
    changes::add_cache(&mut spec);
    app.place.write_profile(&spec.to_string());
    until_ready(&app);
    journal.settle(&app);

    journal.step("two replicas, and the leader is killed", |_| ());
    upgrade(app.place.cluster, &["--set", "replicas=2"]);
    kill_the_leader(app.place.cluster);
    journal.settle(&app);
    journal.step("the new leader works: the tier is removed", |wanted| wanted.change(&[], &["api-cache"]));
    changes::remove_cache(&mut spec);
    apply(&app, &spec);
    journal.settle(&app);

    journal.step("the chart is upgraded", |_| ());
    upgrade(app.place.cluster, &["--set", "replicas=1", "--set", "logFilter=debug"]);
    journal.settle(&app);
    journal.step("the upgraded operator works: the tier is added", |wanted| wanted.change(&["api-cache"], &[]));
    changes::add_cache(&mut spec);
    apply(&app, &spec);
    journal.settle(&app);

    journal.step("the profile is deleted", |_| ());
    journal.which_opens(&app.undeclared());
    app.place.kubectl(&["delete", "appnet", "shop"]);
    journal.settle(&app);
    journal.end(&app);
}

fn apply(app: &App, spec: &Value) {
    app.place.write_profile(&spec.to_string());
    until_ready(app);
}

fn until_ready(app: &App) {
    app.place.until_profile("it is in place", |profile| {
        let off = profile["spec"]["mode"] != "Enforce" || profile["spec"]["suspend"] == true;
        off || condition(profile, "Ready").0 == "True"
    });
}

fn upgrade(cluster: &Cluster, values: &[&str]) {
    let chart = crate::support::lab("../charts/appnet");
    let chart = chart.to_string_lossy();
    let mut args =
        vec!["upgrade", "appnet", &chart, "--namespace", SYSTEM, "--reuse-values", "--wait", "--timeout", "120s"];
    args.extend(values);
    cluster.helm(&args).unwrap_or_else(|error| panic!("{error}\n{}", cluster.operator_state()));
}

fn kill_the_operator(cluster: &Cluster) {
    cluster.kubectl(&[
        "-n",
        SYSTEM,
        "delete",
        "pods",
        "--selector=app.kubernetes.io/name=appnet",
        "--force",
        "--grace-period=0",
    ]);
}

/// The Pod that the Lease names, and a wait until it names another one.
fn kill_the_leader(cluster: &Cluster) {
    let holder = || {
        let args = ["-n", SYSTEM, "get", "leases", "-o", "jsonpath={.items[0].spec.holderIdentity}"];
        cluster.kubectl(&args)
    };
    // A replica that the upgrade is about to end may still lead.
    let stays = |holder: &str| {
        let pod = holder.split('_').next().expect("a name").to_owned();
        let going = ["-n", SYSTEM, "get", "pod", &pod, "-o", "jsonpath={.metadata.deletionTimestamp}"];
        match cluster.try_kubectl(&going, "") {
            Ok(time) if time.is_empty() => Ok(pod),
            other => Err(format!("{holder}: {other:?}")),
        }
    };
    let (before, pod) = eventually("a replica that stays leads", || {
        let holder = holder();
        stays(&holder).map(|pod| (holder, pod))
    });
    cluster.kubectl(&["-n", SYSTEM, "delete", "pod", &pod, "--force", "--grace-period=0"]);
    eventually("there is another leader", || {
        let now = holder();
        if now.is_empty() || now == before { Err(now) } else { Ok(()) }
    });
    sleep(Duration::from_secs(1));
}
