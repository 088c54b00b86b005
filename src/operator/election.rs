//! From flags to an election, and from its outcome to terms of the controller.

use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::Duration,
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Args;
use crate::{
    cluster::{Access, Candidacy, Leadership, Ready, stand},
    controller::{Term, Terms},
    leader::Settings,
    metrics::Metrics,
};

/// The part that this operator has in an election, or that there is none.
pub(super) struct Election {
    access: Access,
    candidacy: Option<Candidacy>,
    timeout: Duration,
    metrics: Metrics,
    term: watch::Sender<Option<Arc<Term>>>,
}

impl Election {
    /// As the flags ask for it. The receiver holds the present term.
    ///
    /// # Errors
    /// When the times do not fit together.
    pub(super) fn new(access: &Access, args: &Args, metrics: &Metrics) -> Result<(Self, Terms), String> {
        let candidacy = settings(args)?.map(|settings| Candidacy {
            namespace: namespace(args, access),
            name: args.lease_name.clone(),
            me: identity(),
            settings,
        });
        let (term, terms) = watch::channel(None);
        let (access, metrics) = (access.clone(), metrics.clone());
        Ok((Self { access, candidacy, timeout: args.request_timeout, metrics, term }, terms))
    }

    /// Takes part until it is told to stop. It does not stand before the watches have seen everything: who knows nothing
    /// yet would only keep others from leading.
    pub(super) async fn run(self, mut ready: Ready, stop: CancellationToken) {
        let Some(candidacy) = &self.candidacy else {
            self.begin(Some(Leadership::endless()));
            return stop.cancelled().await;
        };
        tokio::select! {
            () = ready.everything() => {}
            () = stop.cancelled() => return,
        }
        stand(self.access.client(), candidacy, stop, |leadership| self.begin(leadership)).await;
    }

    fn begin(&self, leadership: Option<Leadership>) {
        self.metrics.leading(leadership.is_some());
        self.term.send_replace(
            leadership.map(|leadership| Arc::new(Term::new(self.access.of_leader(&leadership, self.timeout)))),
        );
    }
}

/// The times of the election; none when there is none.
pub(super) fn settings(args: &Args) -> Result<Option<Settings>, String> {
    let settings = || Settings::new(args.lease_duration, args.renew_deadline, args.retry_period);
    args.leader_election.then(settings).transpose()
}

/// The client knows the namespace of its Pod's service account, or that of the kubeconfig's context.
fn namespace(args: &Args, access: &Access) -> String {
    let named = args.lease_namespace.as_ref().or(args.own_namespace.as_ref());
    named.map_or_else(|| access.client().default_namespace().to_owned(), Clone::clone)
}

/// The Pod's name, for people, and something that no other process has: a container that is started anew in the same Pod must
/// not take itself for the one that led before.
fn identity() -> String {
    let machine = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|name| name.trim().to_owned());
    let host = std::env::var("HOSTNAME").ok().or_else(machine).filter(|name| !name.is_empty());
    // Its keys are random.
    let random = RandomState::new().hash_one(std::process::id());
    format!("{}_{random:016x}", host.as_deref().unwrap_or("appnet-operator"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn args(flags: &[&str]) -> Args {
        Args::try_parse_from(["appnet-operator"].iter().chain(flags)).expect("these flags exist")
    }

    #[test]
    fn no_two_processes_have_the_same_name() {
        let names: std::collections::BTreeSet<_> = (0..100).map(|_| identity()).collect();
        assert_eq!(names.len(), 100);
    }

    #[test]
    fn the_times_that_are_set_by_default_fit_together_and_only_an_election_needs_such() {
        assert!(settings(&args(&[])).is_ok_and(|settings| settings.is_some()));
        assert!(settings(&args(&["--renew-deadline", "20"])).is_err());
        assert_eq!(settings(&args(&["--renew-deadline", "20", "--leader-election=false"])), Ok(None));
    }
}
