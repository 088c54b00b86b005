//! Starts everything, and stops it in order.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use kube::runtime::watcher;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Args, election, election::Election, log};
use crate::{
    api::OperatorConfig,
    cluster::{self, Access, ClientError, Scope, SharedWorld},
    controller::{self, Context},
    metrics::Metrics,
    model::{Platform, Problems},
    serve::{ServeError, serve},
};

/// How often the cluster is asked at least which kinds it knows.
const DISCOVERY: Duration = Duration::from_secs(60);

/// Why the operator ended against its will.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Flags that do not fit together.
    #[error("{0}")]
    Flags(String),
    /// The log could not be started.
    #[error("{0}")]
    Log(String),
    /// The configuration file could not be read.
    #[error("cannot read the configuration {}: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The configuration file is no configuration.
    #[error("{}: {message}", file.display())]
    Parse {
        /// The file.
        file: PathBuf,
        /// What is wrong, with line and column.
        message: String,
    },
    /// The configuration file says something impossible.
    #[error("{}: {problems}", file.display())]
    Config {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        problems: Problems,
    },
    /// There is no API server.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The endpoints could not be served.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The signals could not be listened to.
    #[error("cannot listen to signals: {0}")]
    Signals(std::io::Error),
    /// Work under way did not end in time.
    #[error("work under way did not end within {0:?}")]
    Shutdown(Duration),
}

/// Runs the operator until SIGTERM or SIGINT.
///
/// # Errors
/// When it could not start, or did not end in time.
pub async fn run(args: Args) -> Result<(), Failure> {
    election::settings(&args).map_err(Failure::Flags)?;
    log::start(&args).map_err(Failure::Log)?;
    let access = cluster::connect(args.request_timeout).await?;
    let stop = CancellationToken::new();
    let operator = Operator::start(access, &args, &stop).await?;
    signalled().await.map_err(Failure::Signals)?;
    tracing::info!("stopping: work under way is finished first");
    stop.cancel();
    tokio::time::timeout(args.shutdown_timeout, operator.stopped())
        .await
        .map_err(|_| Failure::Shutdown(args.shutdown_timeout))?;
    tracing::info!("stopped");
    Ok(())
}

async fn signalled() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

/// A running operator.
pub struct Operator {
    /// Where its HTTP endpoints are.
    pub address: SocketAddr,
    work: tokio::task::JoinHandle<()>,
}

impl Operator {
    /// Starts watches, endpoints and the controller, which waits until the watches have seen everything and this operator is
    /// elected.
    ///
    /// # Errors
    /// When flags or configuration are wrong, or the endpoints cannot be served.
    pub async fn start(access: impl Into<Access>, args: &Args, stop: &CancellationToken) -> Result<Self, Failure> {
        let access = access.into();
        let platform = platform(args)?;
        let scope = Scope { namespace: args.namespace.clone() };
        let requests = access.of_reader(args.request_timeout);
        let world = SharedWorld::default();
        let (touched, woken) = mpsc::unbounded_channel();
        let kinds = (&platform, args.resync.min(DISCOVERY));
        let (watches, ready) = cluster::watch(&requests, &scope, args.streaming_lists, kinds, &world, touched);
        let metrics = Metrics::default();
        let (election, term) = Election::new(&access, args, &metrics).map_err(Failure::Flags)?;
        let address = serve(args.listen, ready.clone(), metrics.clone(), stop.clone()).await?;
        tracing::info!(version = env!("CARGO_PKG_VERSION"), %address, namespace = args.namespace, "started");
        let context = Context { world, platform, metrics, resync: args.resync, started: Instant::now(), term };
        let config = if args.streaming_lists {
            watcher::Config::default().streaming_lists()
        } else {
            watcher::Config::default()
        };
        let profiles = cluster::profiles(access.client(), &scope, config);
        let (concurrency, stop) = (args.concurrency, stop.clone());
        let work = tokio::spawn(async move {
            // The watches end with this task: dropping the set aborts them.
            let _watches = watches;
            let mut ready = ready;
            tokio::select! {
                () = ready.picture() => tracing::info!("the picture of the cluster is complete"),
                () = stop.cancelled() => return,
            }
            let resign = CancellationToken::new();
            let elections = tokio::spawn(election.run(ready.clone(), resign.clone()));
            controller::run(Arc::new(context), profiles, concurrency, woken, ready, stop).await;
            // Only now: as long as something is under way, no other operator may write.
            resign.cancel();
            if let Err(error) = elections.await {
                tracing::error!(%error, "the election ended badly");
            }
        });
        Ok(Self { address, work })
    }

    /// Waits until it has stopped.
    pub async fn stopped(self) {
        if let Err(error) = self.work.await {
            tracing::error!(%error, "the controller ended badly");
        }
    }
}

fn platform(args: &Args) -> Result<Platform, Failure> {
    let mut config = OperatorConfig::default();
    let file = args.config.clone().unwrap_or_default();
    if let Some(file) = &args.config {
        let text = std::fs::read_to_string(file).map_err(|source| Failure::Read { file: file.clone(), source })?;
        config = serde_saphyr::from_str(&text)
            .map_err(|error| Failure::Parse { file: file.clone(), message: error.to_string() })?;
    }
    config.protected_namespaces.extend(args.own_namespace.clone());
    Platform::parse(&config).map_err(|problems| Failure::Config { file, problems })
}
