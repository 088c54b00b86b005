//! The script that runs the control plane, as a process of this one.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;

const PROGRAMS: [&str; 4] = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"];

/// A running `lab/controlplane.sh run`.
///
/// The script stops everything when its standard input ends. We hold the other end of it, and the kernel closes that
/// in whatever way this process ends: a static that is never dropped and a test run that is killed leave nothing behind.
pub struct Script {
    child: Child,
    /// The folder of the control plane; the script removes it at its end.
    pub folder: PathBuf,
}

impl Script {
    /// Starts a control plane in `folder` with the given definitions and waits until it is ready.
    ///
    /// # Panics
    /// With what the script says, when there is no control plane. A test that was skipped would look like one that passed.
    pub fn run(folder: PathBuf, definitions: &[PathBuf]) -> Self {
        let mut child = Command::new(lab("controlplane.sh"))
            .arg("run")
            .arg(&folder)
            .args(definitions)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C in a terminal reaches every process of a group; the script must survive it to clean up.
            .process_group(0)
            .spawn()
            .expect("lab/controlplane.sh starts");
        let complaints = child.stderr.take().map(collect);
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("the script's output is text");
        if !line.starts_with("ready ") {
            let status = child.wait().expect("our own child");
            let complaints = complaints.and_then(|thread| thread.join().ok()).unwrap_or_default();
            panic!("there is no control plane ({status}):\n{complaints}");
        }
        Self { child, folder }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // Until it has ended: whoever drops a control plane may look whether its folder is gone.
        let _ = self.child.wait();
    }
}

// A thread of its own: a pipe that nobody reads fills up and stops its writer.
fn collect(mut pipe: ChildStderr) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        let _ = pipe.read_to_string(&mut text);
        text
    })
}

/// The folder of the programs, which are built first where they are missing.
pub fn programs() -> PathBuf {
    let output = Command::new(lab("build.sh")).arg("--bin").output().expect("lab/build.sh starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if !PROGRAMS.iter().all(|program| folder.join(program).is_file()) {
        eprintln!("control plane: building its programs once; this takes some minutes");
        let built = Command::new(lab("build.sh")).stdout(std::io::stderr()).status().expect("lab/build.sh starts");
        assert!(built.success(), "lab/build.sh could not build the control plane; it says above why");
    }
    folder
}

pub fn lab(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("lab").join(script)
}

/// A file below cargo's own folder for tests, which is there for us to write to.
pub fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(folder).expect("the tests' folder can be made");
    folder.join(format!("{name}-{}", std::process::id()))
}
