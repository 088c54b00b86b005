//! The end of an operator that gets no last word: SIGKILL for its process. Deleting its Pod, however forcefully, would not do:
//! the kubelet tells it to stop first, and it gives its Lease back.

use serde_json::Value;

use crate::{
    cluster::{Cluster, SYSTEM, eventually},
    support::report,
};

/// Who holds the Lease.
fn holder(cluster: &Cluster) -> String {
    cluster.kubectl(&["-n", SYSTEM, "get", "leases", "-o", "jsonpath={.items[0].spec.holderIdentity}"])
}

/// The replica that leads, and its Pod; one that is about to end does not count.
fn leader(cluster: &Cluster) -> (String, String) {
    eventually("a replica that stays leads", || {
        let holder = holder(cluster);
        let pod = holder.split('_').next().expect("a name").to_owned();
        let going = ["-n", SYSTEM, "get", "pod", &pod, "-o", "jsonpath={.metadata.deletionTimestamp}"];
        match cluster.try_kubectl(&going, "") {
            Ok(time) if time.is_empty() => Ok((holder, pod)),
            other => Err(format!("{holder}: {other:?}")),
        }
    })
}

/// The state of a Pod's container: how often it was started again, and the exit code of its last end.
fn state(cluster: &Cluster, pod: &str) -> (u64, i64) {
    let pod: Value =
        serde_json::from_str(&cluster.kubectl(&["-n", SYSTEM, "get", "pod", pod, "-o", "json"])).expect("JSON");
    let container = &pod["status"]["containerStatuses"][0];
    let code = container["lastState"]["terminated"]["exitCode"].as_i64().unwrap_or(-1);
    (container["restartCount"].as_u64().expect("a count"), code)
}

/// A leader that was killed.
pub struct Victim {
    holder: String,
    /// Lines of the audit log when it was killed.
    recorded: usize,
}

/// Kills the process of the leader, and waits until the kubelet has started its container again.
pub fn the_leader(cluster: &Cluster) -> Victim {
    let (holder, pod) = leader(cluster);
    let process = cluster.process(SYSTEM, &pod, "appnet-operator");
    let (before, recorded) = (state(cluster, &pod).0, record(cluster).len());
    cluster.inside(&["kill", "-KILL", &process]);
    eventually("the container of the one that was killed is started again", || match state(cluster, &pod) {
        // 128 and the number of the signal.
        (restarts, 137) if restarts == before + 1 => Ok(()),
        other => Err(other),
    });
    Victim { holder, recorded }
}

impl Victim {
    /// Waits until another process leads.
    ///
    /// # Panics
    /// When the Lease was given back before: then who held it had been told to stop.
    pub fn is_followed(&self, cluster: &Cluster, which: &str) {
        let next = eventually("another process leads", || {
            let now = holder(cluster);
            if now.is_empty() || now == self.holder { Err(now) } else { Ok(now) }
        });
        let written = eventually("the record tells who leads", || {
            let holders = record(cluster).split_off(self.recorded);
            if holders.contains(&next) { Ok(holders) } else { Err(holders) }
        });
        let first = written.iter().find(|written| **written != self.holder);
        assert_eq!(first, Some(&next), "the Lease was not taken from one that was silent: {written:?}");
        report(
            &format!("no-gap-{which}"),
            &format!("no gap: {} was killed by SIGKILL (exit code 137), and {next} took the Lease", self.holder),
        );
    }
}

/// Who held the operator's Lease by each write of it, in order; an empty name where it was given back.
fn record(cluster: &Cluster) -> Vec<String> {
    let log = std::fs::read_to_string(cluster.folder().join("audit.log")).expect("there is an audit log");
    // The last line may be half written.
    let (complete, _) = log.rsplit_once('\n').unwrap_or_default();
    let of_lease = |line: &str| line.contains("\"leases\"") && line.contains(SYSTEM);
    let lines =
        complete.lines().filter(|line| of_lease(line)).filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let writes = lines.filter(|request| {
        let verb = request["verb"].as_str().unwrap_or_default();
        let answered = request["responseStatus"]["code"].as_u64().is_some_and(|code| code < 300);
        request["objectRef"]["namespace"] == SYSTEM
            && ["create", "update", "patch", "delete"].contains(&verb)
            && answered
    });
    writes
        .map(|request| request["requestObject"]["spec"]["holderIdentity"].as_str().unwrap_or_default().to_owned())
        .collect()
}
