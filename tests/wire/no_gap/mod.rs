//! No gap: while a profile is created, changed in every field and deleted, while the operator is killed, replaced and
//! upgraded, no connection is refused that the old and the new intent allow, and none succeeds that neither allows.
//! The probes see what succeeds, and the data plane tells what it dropped.
//!
//! A new connection every 20 ms on every flow, allowed or not, from the Pods themselves and from the world outside.

mod account;
mod app;
mod changes;
mod drops;
mod flows;
mod journal;
mod kill;
mod profile;

use crate::cluster::{Cluster, QUIET, SYSTEM};
use app::App;
use changes::{base, changes};
use flows::not_declared;
use journal::Journal;
use profile::Profile;

#[test]
fn nothing_is_cut_or_opened_on_the_way_of_any_change() {
    // The operator is killed and replaced: nobody else may rely on it meanwhile.
    let _quiet = QUIET.write();
    let cluster = Cluster::shared();
    let app = App::start(cluster);
    let (profile, mut spec) = (Profile::in_place(app.place()), base(&app.names));
    let mut journal = Journal::begin(&app);

    journal.step("the profile is created", |wanted| wanted.change(&[], &not_declared()));
    profile.apply(&spec);
    journal.settle();

    for change in changes(&app.names) {
        journal.step(change.what, |wanted| wanted.change(change.opens, change.shuts));
        (change.edit)(&mut spec);
        profile.apply(&spec);
        journal.settle();
    }

    // A change while the operator is away.
    journal.step("the operator is killed, and a tier is added", |wanted| wanted.change(&["api-cache"], &[]));
    let victim = kill::the_leader(cluster);
    changes::add_cache(&mut spec);
    profile.apply(&spec);
    victim.is_followed(cluster, "first-kill");
    journal.settle();

    journal.step("two replicas, and the leader is killed", |_| ());
    upgrade(cluster, &["--set", "replicas=2"]);
    kill::the_leader(cluster).is_followed(cluster, "second-kill");
    journal.settle();
    journal.step("the new leader works: the tier is removed", |wanted| wanted.change(&[], &["api-cache"]));
    changes::remove_cache(&mut spec);
    profile.apply(&spec);
    journal.settle();

    journal.step("the chart is upgraded", |_| ());
    upgrade(cluster, &["--set", "replicas=1", "--set", "logFilter=debug"]);
    journal.settle();
    journal.step("the upgraded operator works: the tier is added", |wanted| wanted.change(&["api-cache"], &[]));
    changes::add_cache(&mut spec);
    profile.apply(&spec);
    journal.settle();

    // Cilium's agent reads its own policies and the standard ones apart, so the order in which the garbage collector removes
    // them is not always the order in which they end. Whoever needs the way to the API server sets `Disabled` first, as one of the changes does.
    journal.step("the profile is deleted", |wanted| wanted.change(&not_declared(), &[]));
    journal.without_promise(&["api-kube"]);
    app.place().kubectl(&["delete", "appnet", "shop"]);
    journal.settle();
    journal.end();
}

fn upgrade(cluster: &Cluster, values: &[&str]) {
    let chart = crate::support::lab("../charts/appnet");
    let chart = chart.to_string_lossy();
    let mut args =
        vec!["upgrade", "appnet", &chart, "--namespace", SYSTEM, "--reuse-values", "--wait", "--timeout", "120s"];
    args.extend(values);
    cluster.helm(&args).unwrap_or_else(|error| panic!("{error}\n{}", cluster.operator_state()));
}
