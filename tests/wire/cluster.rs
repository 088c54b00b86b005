//! The node, with the operator installed as a user would install it.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
    sync::{OnceLock, RwLock},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::support::{Answer, Script, lab, scratch};

/// Long enough for a busy machine; a test that passes never waits so long.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// The operator's namespace.
pub const SYSTEM: &str = "appnet-system";

/// Tests that change what others rely on (the cluster's DNS, the operator) hold it alone; all others share it.
pub static QUIET: RwLock<()> = RwLock::new(());

/// A node with its control plane.
pub struct Cluster {
    script: Script,
    programs: PathBuf,
}

impl Cluster {
    /// The node with Cilium and the operator that all tests of this binary share. Keep apart by namespaces.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| {
            // Of all that the data plane can tell, drops alone: what `no_gap` asks it for is not to be lost among the rest.
            let quiet = "--bpf-events-trace-enabled=false --bpf-events-policy-verdict-enabled=false --monitor-queue-size=100000";
            let cluster = Self::start("shared", &[], &[("CILIUM_FLAGS", quiet)]);
            cluster.install(&[]);
            cluster
        })
    }

    /// A node of one's own, with the lab's images and without the operator.
    pub fn start(name: &str, args: &[&str], environment: &[(&str, &str)]) -> Self {
        let programs = run(Command::new(lab("build.sh")).arg("--bin"), "");
        let args: Vec<_> = args.iter().map(OsStr::new).collect();
        let script = Script::run("node.sh", scratch(&format!("node-{name}")), &args, environment);
        let cluster = Self { script, programs: PathBuf::from(programs.trim()) };
        for image in ["probe", "prometheus", "nginx"] {
            let file = cluster.image_file(image);
            run(Command::new(lab("images.sh")).arg(image).arg(&file), "");
            cluster.load(&file);
        }
        cluster
    }

    /// Of this node alone: another one may be started at the same time.
    fn image_file(&self, image: &str) -> PathBuf {
        let folder = self.script.folder.file_name().expect("a folder has a name").to_string_lossy();
        scratch(&format!("{folder}-{image}.tar"))
    }

    /// Gives an image to the node, and removes its file.
    fn load(&self, image: &Path) {
        run(Command::new(lab("node.sh")).arg("load").arg(&self.script.folder).arg(image), "");
        std::fs::remove_file(image).expect("ours to remove");
    }

    /// The audit log and the parts' logs are here.
    pub fn folder(&self) -> &Path {
        &self.script.folder
    }

    /// Builds the operator's image from these sources, and gives it to the node.
    pub fn load_operator(&self) {
        let file = self.image_file("operator");
        run(Command::new(lab("../image/build.sh")).arg(&file), "");
        self.load(&file);
    }

    /// Installs the operator by its chart, from an image that is built from these sources.
    pub fn install(&self, values: &[&str]) {
        self.load_operator();
        // The strictest profile: a Pod that asks for more does not start.
        self.apply(&format!(
            "{{apiVersion: v1, kind: Namespace, metadata: {{name: {SYSTEM}, labels: {{pod-security.kubernetes.io/enforce: restricted}}}}}}"
        ));
        let chart = lab("../charts/appnet");
        let chart = chart.to_string_lossy();
        let mut args = vec!["install", "appnet", &chart, "--namespace", SYSTEM, "--wait", "--timeout", "120s"];
        args.extend(values);
        self.helm(&args).unwrap_or_else(|error| panic!("{error}\n{}", self.operator_state()));
    }

    /// What is known of the operator's Pods, for messages.
    pub fn operator_state(&self) -> String {
        let pods = self.try_kubectl(&["-n", SYSTEM, "describe", "pods"], "");
        let logs =
            self.try_kubectl(&["-n", SYSTEM, "logs", "--tail=30", "--selector=app.kubernetes.io/name=appnet"], "");
        format!("{pods:?}\n{logs:?}")
    }

    /// Runs helm. The error is what it printed.
    pub fn helm(&self, args: &[&str]) -> Result<String, String> {
        self.program("helm", args, "")
    }

    /// Runs kubectl, which must succeed.
    pub fn kubectl(&self, args: &[&str]) -> String {
        self.try_kubectl(args, "").unwrap_or_else(|error| panic!("kubectl {args:?}: {error}"))
    }

    /// Applies a manifest.
    pub fn apply(&self, yaml: &str) {
        self.try_kubectl(&["apply", "-f", "-"], yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    }

    /// Runs kubectl with an input. The error is what it printed.
    pub fn try_kubectl(&self, args: &[&str], input: &str) -> Result<String, String> {
        self.program("kubectl", args, input)
    }

    /// A program of the lab, as the administrator.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command
            .env("KUBECONFIG", self.folder().join("kubeconfig"))
            // Preferences and caches of the person who runs the tests must not matter, and not change.
            .env("HOME", self.folder())
            .env("KUBECACHEDIR", self.folder().join("kube-cache"));
        command
    }

    /// A command in the node's namespaces.
    pub fn inside_command(&self) -> Command {
        let mut command = Command::new(lab("node.sh"));
        command.arg("exec").arg(self.folder());
        command
    }

    /// Runs a command there, which must succeed.
    pub fn inside(&self, args: &[&str]) -> String {
        run(self.inside_command().args(args), "")
    }

    /// The number of a Pod's process of that name, in the node's own PID namespace.
    pub fn process(&self, namespace: &str, pod: &str, name: &str) -> String {
        // The control group of a container is named after its Pod.
        const FIND: &str = "for group in $(grep -ls \"$0\" /proc/[0-9]*/cgroup); do
            process=${group%/cgroup}; if [ \"$(cat $process/comm)\" = \"$1\" ]; then echo ${process#/proc/}; fi; done";
        let uid = self.kubectl(&["-n", namespace, "get", "pod", pod, "-o", "jsonpath={.metadata.uid}"]);
        let found = self.inside(&["sh", "-c", FIND, &uid, name]);
        let [process] = found.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{pod} has not one process {name}: '{found}'")
        };
        process.to_owned()
    }

    fn program(&self, program: &str, args: &[&str], input: &str) -> Result<String, String> {
        finish(self.command(program).args(args), input)
    }
}

fn run(command: &mut Command, input: &str) -> String {
    finish(command, input).unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn finish(command: &mut Command, input: &str) -> Result<String, String> {
    let Answer { stdout, stderr, code } = Answer::of(command, input);
    if code == Some(0) { Ok(stdout) } else { Err(format!("exit code {code:?}: {stdout}{stderr}")) }
}

/// Asks again until there is an answer, or fails with what was said last.
pub fn eventually<T, E: std::fmt::Debug>(what: &str, mut ask: impl FnMut() -> Result<T, E>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(last) if Instant::now() > end => {
                // Most of what is said has lines of its own.
                panic!("waited in vain until {what}: {}", format!("{last:#?}").replace("\\n", "\n"))
            }
            Err(_) => sleep(Duration::from_millis(200)),
        }
    }
}
