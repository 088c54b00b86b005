//! The operator as a program: flags, endpoints, signals, exit codes.

mod support;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

use appnet::api::AppNetworkProfile;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use kube::{Api, api::PostParams};
use support::{ControlPlane, eventually};

const PATIENCE: Duration = Duration::from_secs(60);

fn operator() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_appnet-operator"));
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A running operator and the address of its endpoints.
struct Running {
    child: Child,
    address: String,
    rest: BufReader<std::process::ChildStderr>,
}

impl Running {
    fn start(control_plane: &ControlPlane, flags: &[&str]) -> Self {
        let mut child = operator()
            .env("KUBECONFIG", control_plane.kubeconfig())
            .args(["--listen", "127.0.0.1:0"])
            .args(flags)
            .spawn()
            .expect("it starts");
        let mut rest = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut line = String::new();
        rest.read_line(&mut line).expect("text");
        let started: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(started["message"], "started", "{line}");
        let address = started["address"].as_str().expect("an address").to_owned();
        Self { child, address, rest }
    }

    fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: operator\r\nConnection: close\r\n\r\n").expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("text");
        let code = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        (code, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill runs").success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Ours, by its handle; gone already in a test that passes.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The Lease of an operator that was told nothing of one.
async fn default_lease(control_plane: &ControlPlane) -> LeaseSpec {
    let leases: Api<Lease> = Api::namespaced(control_plane.client().await, "default");
    let lease = eventually("there is a Lease", PATIENCE, async || {
        leases.get_opt("appnet-operator").await.expect("an answer").ok_or("not yet")
    });
    lease.await.spec.expect("it says something")
}

#[tokio::test]
async fn it_starts_without_configuration_answers_and_stops_on_sigterm() {
    let control_plane = ControlPlane::shared().await;
    let mut running = Running::start(control_plane, &[]);
    assert_eq!(running.get("/healthz"), (200, "ok".to_owned()));
    eventually("it is ready", PATIENCE, async || match running.get("/readyz") {
        (200, _) => Ok(()),
        other => Err(other),
    })
    .await;
    let probe = |path: &str| operator().args(["probe", &format!("http://{}{path}", running.address)]).output();
    assert_eq!(probe("/readyz").expect("it starts").status.code(), Some(0));
    let (code, metrics) = running.get("/metrics");
    assert_eq!(code, 200);
    for name in ["appnet_reconcile_duration_seconds_count", "appnet_status_writes_total", "appnet_drift_total"] {
        assert!(metrics.contains(name), "{name} is missing:\n{metrics}");
    }
    assert_eq!(running.get("/nothing").0, 404);
    // Nobody else is there: it leads, with the times that the flags have by default.
    let lease = default_lease(control_plane).await;
    assert!(lease.holder_identity.is_some_and(|holder| holder.contains('_')));
    assert_eq!((lease.lease_duration_seconds, lease.lease_transitions), (Some(15), Some(0)));
    eventually("the metrics say so", PATIENCE, async || match running.get("/metrics") {
        (200, metrics) if metrics.contains("\nappnet_leader 1\n") => Ok(()),
        other => Err(other),
    })
    .await;

    running.signal("-TERM");
    let status = running.child.wait().expect("our own child");
    assert_eq!(status.code(), Some(0));
    let mut log = String::new();
    running.rest.read_to_string(&mut log).expect("text");
    let last: serde_json::Value = serde_json::from_str(log.lines().last().expect("a line")).expect("JSON");
    assert_eq!(last["message"], "stopped", "{log}");
    assert_eq!(default_lease(control_plane).await.holder_identity, None, "given back");
}

#[tokio::test]
async fn without_an_election_it_leads_at_once_and_touches_no_lease() {
    let control_plane = ControlPlane::start().await;
    let running = Running::start(&control_plane, &["--leader-election=false", "--lease-name", "untouched"]);
    eventually("it leads", PATIENCE, async || match running.get("/metrics") {
        (200, metrics) if metrics.contains("\nappnet_leader 1\n") => Ok(()),
        other => Err(other),
    })
    .await;
    let client = control_plane.client().await;
    let spec = "tiers: [{name: web, podSelector: {matchLabels: {app: web}}}]";
    let profile = AppNetworkProfile::new("shop", serde_saphyr::from_str(spec).expect("a spec"));
    let profiles: Api<AppNetworkProfile> = Api::namespaced(client, "default");
    profiles.create(&PostParams::default(), &profile).await.expect("taken");
    eventually("it is looked at", PATIENCE, async || {
        profiles.get("shop").await.expect("there").status.map(drop).ok_or("no status")
    })
    .await;
    assert!(control_plane.lease_writes("default", "untouched").is_empty());
}

#[tokio::test]
async fn a_namespace_for_the_lease_that_is_not_there_is_told_and_tried_again() {
    let control_plane = ControlPlane::shared().await;
    let mut running = Running::start(control_plane, &["--lease-namespace", "nowhere"]);
    let told = std::iter::from_fn(|| {
        let mut line = String::new();
        (running.rest.read_line(&mut line).expect("text") > 0).then_some(line)
    })
    .find(|line| line.contains("the election is in trouble"));
    let told = told.expect("it says so");
    assert!(told.contains("name a namespace that is there with --lease-namespace, not 'nowhere'"), "{told}");
    assert!(running.child.try_wait().expect("our own child").is_none(), "it goes on trying");
}

#[tokio::test]
async fn it_is_not_ready_before_every_watch_has_seen_everything() {
    let control_plane = ControlPlane::start_without_definition().await;
    let running = Running::start(&control_plane, &["--streaming-lists"]);
    for _ in 0..20 {
        assert_eq!(running.get("/readyz").0, 503, "there is no definition of our resource");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(running.get("/healthz").0, 200, "alive all the same");
    let asked = operator().args(["probe", &format!("http://{}/readyz", running.address), "--within=1"]).output();
    let asked = asked.expect("it starts");
    let said = String::from_utf8_lossy(&asked.stderr);
    assert!(asked.status.code() == Some(1) && said.contains("answered 503: the watches have not seen"), "{said}");
    running.signal("-INT");
    let mut running = running;
    assert_eq!(running.child.wait().expect("our own child").code(), Some(0));
}

fn refused(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().expect("it starts");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn without_an_api_server_it_says_what_to_do() {
    let (code, said) = refused(operator().env("HOME", "/nonexistent"));
    assert_eq!(code, Some(1));
    assert!(
        said.contains("appnet-operator: found no way to the API server") && said.contains("set KUBECONFIG"),
        "{said}"
    );
}

#[test]
fn a_wrong_flag_is_a_usage_error() {
    let (code, said) = refused(operator().arg("--concurrency=0"));
    assert_eq!(code, Some(2));
    assert!(said.contains("--concurrency"), "{said}");
}

#[test]
fn times_of_an_election_that_do_not_fit_together_are_a_usage_error() {
    for (flags, said_of) in [
        (
            ["--lease-duration=10", "--renew-deadline=10"],
            "--lease-duration (10s) must be longer than --renew-deadline (10s)",
        ),
        (
            ["--renew-deadline=6", "--retry-period=5"],
            "--renew-deadline (6s) must be longer than 1.2 times --retry-period (5s)",
        ),
    ] {
        let (code, said) = refused(operator().args(flags));
        assert!(code == Some(2) && said.contains(said_of), "{code:?} {said}");
    }
}

#[tokio::test]
async fn a_wrong_configuration_is_refused_with_its_place() {
    let control_plane = ControlPlane::shared().await;
    let file = std::env::temp_dir().join(format!("appnet-{}.yaml", std::process::id()));
    let refused_with = |text: &str| {
        std::fs::write(&file, text).expect("a file");
        refused(
            operator()
                .env("KUBECONFIG", control_plane.kubeconfig())
                .args(["--listen", "127.0.0.1:0", "--config"])
                .arg(&file),
        )
    };
    let (code, said) = refused_with("cidrCeiling: [10.0.0.5/8]\n");
    assert!(code == Some(1) && said.contains("cidrCeiling[0]: must be a canonical CIDR"), "{said}");
    let (code, said) = refused_with("protectedNamespace: [a]\n");
    assert!(code == Some(1) && said.contains("protectedNamespace") && said.contains("line 1"), "{said}");
    std::fs::remove_file(&file).expect("ours");
    let (code, said) = refused(
        operator().env("KUBECONFIG", control_plane.kubeconfig()).args(["--config", "/nonexistent/config.yaml"]),
    );
    assert!(code == Some(1) && said.contains("/nonexistent/config.yaml"), "{said}");
}

#[test]
fn help_explains_every_flag_and_needs_no_cluster() {
    let output = operator().arg("--help").output().expect("it starts");
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8(output.stdout).expect("text");
    assert!(
        help.contains("Needs no flag") && help.contains("[env: APPNET_CONFIG=]") && help.contains("Exit codes"),
        "{help}"
    );
}
