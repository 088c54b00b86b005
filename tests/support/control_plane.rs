//! A real API server with its controllers, for one test binary or one test.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use super::process::{Script, programs, scratch};

/// etcd, kube-apiserver and kube-controller-manager on loopback ports. It ends when it is dropped or this process ends.
pub struct ControlPlane {
    script: Script,
    programs: PathBuf,
    kubeconfig: Kubeconfig,
}

impl ControlPlane {
    /// The control plane that all tests of this binary share. Keep apart by namespaces.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<ControlPlane> = OnceCell::const_new();
        SHARED.get_or_init(Self::start).await
    }

    /// A control plane of one's own, with our definition installed.
    pub async fn start() -> Self {
        begin(true, Vec::new()).await
    }

    /// The same, with definitions of others, which are files, installed before the garbage collector looks for kinds.
    pub async fn start_with(definitions: &[&str]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        begin(true, definitions.iter().map(|file| root.join(file)).collect()).await
    }

    /// A control plane of one's own that does not know our resource yet.
    pub async fn start_without_definition() -> Self {
        begin(false, Vec::new()).await
    }

    /// The administrator's configuration.
    ///
    /// Without kube's own retries: a test wants to see the error, not to wait for minutes.
    pub async fn config(&self) -> Config {
        let mut config = Config::from_custom_kubeconfig(self.kubeconfig.clone(), &KubeConfigOptions::default())
            .await
            .expect("the kubeconfig is complete");
        config.default_retry = false;
        config
    }

    /// The administrator's client. A new one for each caller: a client belongs to the runtime that it was made in,
    /// and every `#[tokio::test]` has its own.
    pub async fn client(&self) -> Client {
        client(self.config().await)
    }

    /// A client that acts as `user`, who may do only what RBAC allows: for a `ServiceAccount`,
    /// `system:serviceaccount:NAMESPACE:NAME`.
    pub async fn client_as(&self, user: &str) -> Client {
        let mut config = self.config().await;
        config.auth_info.impersonate = Some(user.to_owned());
        client(config)
    }

    /// A client that calls itself `user_agent`, to be found by it in the audit log.
    pub async fn client_named(&self, user_agent: &str) -> Client {
        let mut config = self.config().await;
        let value = user_agent.parse().expect("a user agent is plain text");
        config.headers.push((axum::http::header::USER_AGENT, value));
        client(config)
    }

    /// The folder that holds `kubeconfig`, `audit.log` and the programs' logs.
    pub fn folder(&self) -> &Path {
        &self.script.folder
    }

    /// The administrator's kubeconfig, for programs.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder().join("kubeconfig")
    }

    /// The folder of `kubectl`.
    pub fn programs(&self) -> &Path {
        &self.programs
    }
}

pub fn client(config: Config) -> Client {
    Client::try_from(config).expect("the configuration is complete")
}

async fn begin(with_definition: bool, others: Vec<PathBuf>) -> ControlPlane {
    // It takes seconds; other tests of this runtime go on.
    match spawn_blocking(move || begin_now(with_definition, others)).await {
        Ok(control_plane) => control_plane,
        Err(failure) => std::panic::resume_unwind(failure.into_panic()),
    }
}

fn begin_now(with_definition: bool, mut definitions: Vec<PathBuf>) -> ControlPlane {
    static STARTED: AtomicUsize = AtomicUsize::new(0);
    let name = format!("control-plane-{}", STARTED.fetch_add(1, Ordering::Relaxed));
    let programs = programs();
    let definition = with_definition.then(|| DefinitionFile::write(&name));
    definitions.extend(definition.iter().map(|file| file.0.clone()));
    let definitions: Vec<_> = definitions.iter().map(|file| file.as_os_str()).collect();
    let script = Script::run("controlplane.sh", scratch(&name), &definitions, &[]);
    let kubeconfig = Kubeconfig::read_from(script.folder.join("kubeconfig")).expect("the script wrote a kubeconfig");
    ControlPlane { script, programs, kubeconfig }
}

/// Our definition as a file for the script, which installs it before it starts the controllers, so that the garbage
/// collector knows our kind at once. It is there until the script has read it.
struct DefinitionFile(PathBuf);

impl DefinitionFile {
    fn write(name: &str) -> Self {
        let file = scratch(&format!("{name}-definition"));
        let yaml = serde_saphyr::to_string(&appnet::api::definition()).expect("the definition is YAML");
        fs::write(&file, yaml).expect("the tests' folder can be written");
        Self(file)
    }
}

impl Drop for DefinitionFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
