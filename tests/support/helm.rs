//! Helm, as a user would run it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tokio::task::spawn_blocking;

use super::ControlPlane;
use super::kubectl::Answer;
use super::process::{lab, scratch};

/// The releases of Helm that the chart is for: 4 and 3.
pub const HELMS: [&str; 2] = ["helm", "helm3"];

impl ControlPlane {
    /// Runs `helm ARGS...` against this control plane, as the administrator.
    pub async fn helm(&self, args: &[&str]) -> Answer {
        self.helm_with_values("helm", args, "").await
    }

    /// Runs `PROGRAM ARGS...`, one of [`HELMS`], with `values` as its standard input, for `-f -`.
    pub async fn helm_with_values(&self, program: &'static str, args: &[&str], values: &str) -> Answer {
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        let (kubeconfig, values) = (self.kubeconfig(), values.to_owned());
        let work = move || {
            let args: Vec<_> = args.iter().map(String::as_str).collect();
            run(program, &args, &values, &kubeconfig)
        };
        spawn_blocking(work).await.expect("helm was run")
    }
}

/// Runs `PROGRAM ARGS...`, one of [`HELMS`], without a cluster. `values` is its standard input, for `-f -`.
pub fn helm(program: &str, args: &[&str], values: &str) -> Answer {
    run(program, args, values, Path::new("/nonexistent"))
}

fn run(program: &str, args: &[&str], values: &str, kubeconfig: &Path) -> Answer {
    let home = home();
    let mut command = Command::new(helm_programs().join(program));
    command
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("KUBECONFIG", kubeconfig)
        // Plugins, caches and settings of the person who runs the tests must not matter, and not change.
        .env("HOME", home)
        .envs(["CACHE", "CONFIG", "DATA"].map(|kind| (format!("HELM_{kind}_HOME"), home.join(kind))))
        .env_remove("HELM_NAMESPACE");
    Answer::of(&mut command, values)
}

fn home() -> &'static Path {
    static HOME: OnceLock<PathBuf> = OnceLock::new();
    HOME.get_or_init(|| {
        let home = scratch("helm");
        fs::create_dir_all(&home).expect("the tests' folder can be written");
        home
    })
}

/// The folder of [`HELMS`], which are built first where they are missing.
pub fn helm_programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        // A folder with a ready-made control plane has no Helm.
        let script = || {
            let mut command = Command::new(lab("build.sh"));
            command.env_remove("KUBEBUILDER_ASSETS");
            command
        };
        let output = script().arg("--bin").output().expect("lab/build.sh starts");
        let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        if !HELMS.iter().all(|program| folder.join(program).is_file()) {
            eprintln!("building Helm once; this takes some minutes");
            let built = script().arg("--helm").stdout(std::io::stderr()).status().expect("lab/build.sh starts");
            assert!(built.success(), "lab/build.sh could not build Helm; it says above why");
        }
        folder
    })
}
