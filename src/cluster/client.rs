//! The connection to the API server.

use std::time::Duration;

use kube::{
    Client, Config,
    client::ClientBuilder,
    config::{KubeConfigOptions, KubeconfigError},
};

use super::{Leadership, Requests, fence::Fence, leadership::gated};

/// The ways to the API server: one to look, and one to write for whoever leads.
#[derive(Clone)]
pub struct Access {
    client: Client,
    writer: Client,
    fence: Fence,
}

impl Access {
    /// For watches and for the election itself.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Requests of a leader: they write while the leadership lasts. Outside of this module there is no other way to get any, so
    /// whatever writes profiles, policies or Events passes that gate.
    #[must_use]
    pub fn of_leader(&self, leadership: &Leadership, timeout: Duration) -> Requests {
        self.fence.open(leadership);
        Requests { client: gated(&self.client, &self.writer, leadership), timeout }
    }

    /// Requests of a watcher: they read, and can write nothing.
    #[must_use]
    pub fn of_reader(&self, timeout: Duration) -> Requests {
        Requests { client: gated(&self.client, &self.client, &Leadership::never()), timeout }
    }
}

/// For who has a client already. Its connections know nothing of a leadership, only the gate before them does.
impl From<Client> for Access {
    fn from(client: Client) -> Self {
        Self { writer: client.clone(), client, fence: Fence::default() }
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Neither in a Pod nor with a kubeconfig.
    #[error("found no way to the API server: not running in a Pod, and no usable kubeconfig ({0}); set KUBECONFIG")]
    NoConfig(#[source] KubeconfigError),
    /// In a Pod, whose configuration is not usable.
    #[error("cannot use the Pod's own service account: {0}")]
    InCluster(#[source] kube::config::InClusterError),
    /// The configuration is there and cannot be used.
    #[error("cannot connect with this configuration: {0}")]
    Client(#[source] kube::Error),
}

/// Connects: with the Pod's service account inside a cluster, else with `KUBECONFIG` or `~/.kube/config`.
///
/// The client's own retries are off: it would try 15 times over many minutes, and a reconcile would hang meanwhile.
/// Who asks sets a time limit for each request and decides what to do about a failure.
///
/// # Errors
/// When there is no configuration, or it cannot be used.
pub async fn connect(connect_timeout: Duration) -> Result<Access, ClientError> {
    let mut config = if std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() {
        Config::incluster().map_err(ClientError::InCluster)?
    } else {
        Config::from_kubeconfig(&KubeConfigOptions::default()).await.map_err(ClientError::NoConfig)?
    };
    config.default_retry = false;
    config.connect_timeout = Some(connect_timeout);
    // A watch may be silent for nearly five minutes; a list that is silent for longer never comes.
    config.read_timeout = Some(SILENCE);
    config.headers.push((http::header::USER_AGENT, http::HeaderValue::from_static(USER_AGENT)));
    let fence = Fence::default();
    let writer = ClientBuilder::try_from((config.clone(), fence.clone())).map_err(ClientError::Client)?.build();
    let client = Client::try_from(config).map_err(ClientError::Client)?;
    Ok(Access { client, writer, fence })
}

/// The longest that a connection may be silent while an answer is due.
const SILENCE: Duration = Duration::from_secs(300);

/// How the operator introduces itself; audit logs show it.
const USER_AGENT: &str = concat!("appnet-operator/", env!("CARGO_PKG_VERSION"));
