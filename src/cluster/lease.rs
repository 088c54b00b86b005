//! The Lease that the leader holds: read, made, and replaced in the version that was read.

use std::time::Duration;

use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
    jiff::Timestamp,
};
use kube::{
    Api, Client, ResourceExt,
    api::{ObjectMeta, PostParams},
};

use super::{RequestError, Requests, Trouble};
use crate::{
    api::Reason,
    leader::{Record, Settings},
    policy::FIELD_MANAGER,
};

/// A request for the Lease that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {verb} the Lease '{namespace}/{name}': {source}{advice}")]
pub(super) struct LeaseError {
    verb: &'static str,
    namespace: String,
    name: String,
    source: RequestError,
    advice: String,
}

impl LeaseError {
    /// Did only someone else write it first?
    pub(super) fn is_outdated(&self) -> bool {
        self.source.trouble() == Trouble::Outdated && self.advice.is_empty()
    }
}

/// The Lease of an election, as one candidate writes it.
pub(super) struct LeaseAccess {
    client: Client,
    namespace: String,
    name: String,
    me: String,
    seconds: i32,
}

impl LeaseAccess {
    pub(super) fn new(client: &Client, namespace: &str, name: &str, me: &str, settings: &Settings) -> Self {
        Self {
            client: client.clone(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            me: me.to_owned(),
            seconds: settings.whole_seconds(),
        }
    }

    /// What the log calls it.
    pub(super) fn called(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    fn api(&self) -> Api<Lease> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    async fn ask<T>(
        &self,
        verb: &'static str,
        timeout: Duration,
        request: impl Future<Output = kube::Result<T>>,
    ) -> Result<T, LeaseError> {
        let requests = Requests { client: self.client.clone(), timeout };
        requests.within(request).await.map_err(|source| LeaseError {
            verb,
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            advice: self.advice(verb, &source),
            source,
        })
    }

    fn advice(&self, verb: &str, error: &RequestError) -> String {
        let namespace = &self.namespace;
        match error {
            error if error.trouble() == Trouble::Permanent(Reason::Forbidden) => format!(
                "; give the operator the verb '{verb}' on 'leases' of 'coordination.k8s.io' in the namespace '{namespace}'; a single \
                 operator can do without: --leader-election=false"
            ),
            RequestError::Kube(kube::Error::Api(status)) if status.code == 404 && verb == "create" => {
                format!("; name a namespace that is there with --lease-namespace, not '{namespace}'")
            }
            _ => String::new(),
        }
    }

    pub(super) async fn read(&self, timeout: Duration) -> Result<Option<Lease>, LeaseError> {
        self.ask("get", timeout, self.api().get_opt(&self.name)).await
    }

    pub(super) async fn create(&self, timeout: Duration) -> Result<Lease, LeaseError> {
        let fresh = Lease {
            metadata: ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() },
            spec: Some(LeaseSpec::default()),
        };
        self.ask("create", timeout, self.api().create(&params(), &self.held(fresh, true))).await
    }

    /// Writes us into it: `taking` begins a term of ours, else one goes on. It is refused when the Lease changed since it
    /// was read; two who take it at the same time cannot both succeed.
    pub(super) async fn hold(&self, lease: Lease, taking: bool, timeout: Duration) -> Result<Lease, LeaseError> {
        let next = self.held(lease, taking);
        self.ask("update", timeout, self.api().replace(&self.name, &params(), &next)).await
    }

    /// Empties it, if it is ours, so that nobody has to wait until it runs out.
    pub(super) async fn give_back(&self, lease: Lease, timeout: Duration) -> Result<(), LeaseError> {
        if lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_ref()) != Some(&self.me) {
            return Ok(());
        }
        let mut next = lease;
        let spec = next.spec.get_or_insert_default();
        spec.holder_identity = None;
        spec.renew_time = Some(MicroTime(Timestamp::now()));
        self.ask("update", timeout, self.api().replace(&self.name, &params(), &next)).await.map(drop)
    }

    /// The times in it are for people; nobody reckons with them.
    fn held(&self, mut lease: Lease, taking: bool) -> Lease {
        let spec = lease.spec.get_or_insert_default();
        let now = MicroTime(Timestamp::now());
        if taking {
            let before = spec.lease_transitions.filter(|count| *count >= 0);
            let another = spec.holder_identity.as_ref() != Some(&self.me);
            spec.lease_transitions =
                Some(before.map_or(0, |count| if another { count.saturating_add(1) } else { count }));
            spec.acquire_time = Some(now.clone());
        }
        spec.holder_identity = Some(self.me.clone());
        spec.lease_duration_seconds = Some(self.seconds);
        spec.renew_time = Some(now);
        lease.metadata.managed_fields = None;
        lease
    }
}

fn params() -> PostParams {
    PostParams { field_manager: Some(FIELD_MANAGER.into()), ..PostParams::default() }
}

/// What a Lease says.
pub(super) fn record(lease: &Lease) -> Record {
    let spec = lease.spec.clone().unwrap_or_default();
    let seconds = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
    Record {
        holder: spec.holder_identity.filter(|holder| !holder.is_empty()),
        duration: seconds.map(Duration::from_secs),
        version: Some(lease.resource_version().unwrap_or_default()),
    }
}
