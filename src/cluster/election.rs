//! Takes part in an election until it is told to stop.

use std::{
    fmt::Display,
    time::{Duration, Instant},
};

use k8s_openapi::api::coordination::v1::Lease;
use kube::Client;
use tokio_util::sync::CancellationToken;

use super::{
    Leadership,
    leadership::Moment,
    lease::{LeaseAccess, LeaseError, record},
};
use crate::leader::{Loss, Settings, Sight, Situation, Step, decide};

/// A trouble that stays the same is told again after this time.
const REMINDER: Duration = Duration::from_secs(60);

/// Which Lease is stood for, and as whom.
#[derive(Clone, Debug)]
pub struct Candidacy {
    /// The Lease's namespace.
    pub namespace: String,
    /// The Lease's name.
    pub name: String,
    /// The name that no other candidate has.
    pub me: String,
    /// The times.
    pub settings: Settings,
}

/// Stands for election again and again until it is told to stop, and gives the Lease back then. `changed` is told of each
/// leadership when it begins, and of nothing when it is over.
///
/// A leadership that has run out refuses writes by itself, whether or not this got round to noticing it.
pub async fn stand(
    client: &Client,
    candidacy: &Candidacy,
    stop: CancellationToken,
    changed: impl Fn(Option<Leadership>) + Send + Sync,
) {
    let Candidacy { namespace, name, me, settings } = candidacy;
    let mut candidate = Candidate {
        access: LeaseAccess::new(client, namespace, name, me, settings),
        me,
        settings,
        began: Instant::now(),
        sight: Sight::default(),
        lease: None,
        stale: false,
        leadership: None,
        changed: &changed,
        told: Told::default(),
    };
    while !stop.is_cancelled() {
        let pause = candidate.turn().await;
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => {}
        }
    }
    candidate.leave().await;
}

/// What the log said last, so as not to say it every two seconds.
#[derive(Default)]
struct Told {
    leader: Option<String>,
    trouble: Option<(String, Instant)>,
}

struct Candidate<'a> {
    access: LeaseAccess,
    me: &'a str,
    settings: &'a Settings,
    began: Instant,
    sight: Sight,
    /// The Lease as it was read or written last.
    lease: Option<Lease>,
    /// Whether a request failed since, so that nobody knows what became of it.
    stale: bool,
    leadership: Option<Leadership>,
    changed: &'a (dyn Fn(Option<Leadership>) + Send + Sync),
    told: Told,
}

impl Candidate<'_> {
    /// Does the next step; how long to pause after it.
    async fn turn(&mut self) -> Duration {
        // The leader knows what it wrote last; everyone else looks.
        if (self.leadership.is_none() || self.stale)
            && !matches!(self.decide(), Step::Lost(_))
            && let Err(error) = self.look().await
        {
            self.complain(&error);
            return self.after_failure();
        }
        match self.decide() {
            Step::Wait(pause) => pause,
            Step::Lost(loss) => {
                self.lose(&loss);
                Duration::ZERO
            }
            step @ (Step::Create | Step::Take | Step::Renew) => self.write(&step).await,
        }
    }

    fn decide(&self) -> Step {
        decide(&Situation {
            settings: self.settings,
            me: self.me,
            lease: self.sight.record(),
            unchanged: self.sight.unchanged(self.began.elapsed()),
            renewed: self.leadership.as_ref().map(Leadership::age),
        })
    }

    /// How long a request may take: not beyond the end of the leadership, which is to be noticed in time.
    fn limit(&self) -> Duration {
        let rest = self.leadership.as_ref().and_then(Leadership::rest);
        let limit = self.settings.request_timeout().min(rest.unwrap_or(Duration::MAX));
        // The log says it; nobody wants to read nanoseconds.
        Duration::new(limit.as_secs(), limit.subsec_millis() * 1_000_000)
    }

    async fn look(&mut self) -> Result<(), LeaseError> {
        let found = self.access.read(self.limit()).await?;
        self.saw(found);
        let holder = self.sight.record().and_then(|record| record.holder.clone());
        if let Some(leader) = holder.filter(|holder| holder != self.me)
            && self.told.leader.as_ref() != Some(&leader)
        {
            tracing::info!(lease = self.access.called(), leader, "standing by: another operator leads");
            self.told.leader = Some(leader);
        }
        Ok(())
    }

    /// The time is that of the answer, not of the question: who waits must not count from too early.
    fn saw(&mut self, found: Option<Lease>) {
        self.sight.look(found.as_ref().map(record), self.began.elapsed());
        self.lease = found;
        self.stale = false;
    }

    async fn write(&mut self, step: &Step) -> Duration {
        // Before the request: the time on its way counts against us.
        let (sent, limit) = (Moment::now(), self.limit());
        let written = match self.lease.clone() {
            Some(lease) if *step != Step::Create => self.access.hold(lease, *step == Step::Take, limit).await,
            _ => self.access.create(limit).await,
        };
        match written {
            Ok(lease) => {
                self.saw(Some(lease));
                // Not before: who may read the Lease and not write it would be told at each try.
                self.told.trouble = None;
                match &self.leadership {
                    Some(leadership) => leadership.renew(sent),
                    None => self.lead(sent),
                }
                Duration::ZERO
            }
            Err(error) => {
                self.stale = true;
                if error.is_outdated() {
                    tracing::debug!(%error, "someone else was faster");
                } else {
                    self.complain(&error);
                }
                self.after_failure()
            }
        }
    }

    fn lead(&mut self, since: Moment) {
        let leadership = Leadership::begin(since, self.settings.renew_deadline());
        // The answer came so late that nothing is left of it.
        if leadership.rest().is_none() {
            return;
        }
        tracing::info!(lease = self.access.called(), identity = self.me, "leading: this operator writes from now on");
        self.told = Told::default();
        self.leadership = Some(leadership.clone());
        (self.changed)(Some(leadership));
    }

    fn lose(&mut self, loss: &Loss) {
        let Some(leadership) = self.leadership.take() else { return };
        leadership.end();
        (self.changed)(None);
        tracing::warn!(
            lease = self.access.called(),
            identity = self.me,
            reason = %loss,
            "not the leader any more: this operator writes nothing until it is elected again"
        );
        self.told = Told::default();
    }

    fn after_failure(&self) -> Duration {
        let rest = self.leadership.as_ref().map(|leadership| leadership.rest().unwrap_or_default());
        self.settings.retry_period().min(rest.unwrap_or(Duration::MAX))
    }

    fn complain(&mut self, error: &dyn Display) {
        let said = error.to_string();
        let news = self.told.trouble.as_ref().is_none_or(|(before, at)| *before != said || at.elapsed() > REMINDER);
        if news {
            let leading = self.leadership.is_some();
            tracing::warn!(error = said, leading, "the election is in trouble; it is tried again");
            self.told.trouble = Some((said, Instant::now()));
        }
    }

    /// Gives the Lease back. What was under way has ended before: nothing of ours is written after that.
    async fn leave(&mut self) {
        let led = self.leadership.take();
        if let Some(leadership) = &led {
            leadership.end();
            (self.changed)(None);
        }
        if led.is_none() && !self.stale {
            return;
        }
        if self.stale
            && let Err(error) = self.look().await
        {
            tracing::warn!(%error, "the Lease is not given back; another operator waits until it runs out");
            return;
        }
        let Some(lease) = self.lease.take() else { return };
        match self.access.give_back(lease, self.settings.request_timeout()).await {
            Ok(()) => tracing::info!(lease = self.access.called(), "the Lease is given back"),
            Err(error) => {
                tracing::warn!(%error, "the Lease is not given back; another operator waits until it runs out");
            }
        }
    }
}
