//! The scripts that people run first: what they say where something is missing, and that they use what they are given.

mod support;

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use support::{Answer, Script, lab, programs, scratch};

const CONTROL_PLANE: [&str; 4] = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"];

/// A folder that is gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = scratch(name);
        fs::create_dir_all(&folder).expect("the tests' folder can be written");
        Self(folder)
    }

    /// With a program that writes down that it was run, and then does this.
    fn with(self, name: &str, then: &str) -> Self {
        let file = self.0.join(name);
        fs::write(&file, format!("#!/bin/sh\necho {name} >>'{}'\n{then}\n", self.0.join("used").display()))
            .expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("our file");
        self
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("text")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs `lab/build.sh` where there is nothing but these tools: no Go, whatever this machine has.
fn build(name: &str, args: &[&str], assets: Option<&str>) -> Answer {
    let tools = Folder::new(&format!("{name}-tools"));
    for tool in ["bash", "dirname", "sed"] {
        let found = ["/usr/bin", "/bin"].iter().map(|folder| Path::new(folder).join(tool)).find(|file| file.is_file());
        symlink(found.unwrap_or_else(|| panic!("this machine has no {tool}")), tools.0.join(tool)).expect("a link");
    }
    let mut command = Command::new("bash");
    command.arg(lab("build.sh")).args(args).env_clear().env("PATH", tools.path()).env("HOME", tools.path());
    command.envs(assets.map(|folder| ("KUBEBUILDER_ASSETS", folder)));
    let answer = Answer::of(&mut command, "");
    assert!(!tools.0.join(".cache").exists(), "nothing is made before it is known that it can be used");
    answer
}

fn said(answer: &Answer) -> (Option<i32>, &str, Vec<&str>) {
    (answer.code, answer.stdout.as_str(), answer.stderr.lines().collect())
}

#[test]
fn without_go_and_without_assets_it_says_what_to_install() {
    let answer = build("neither", &[], None);
    let advice = [
        "lab/build.sh: Go is not installed, and KUBEBUILDER_ASSETS is not set.",
        "lab/build.sh: Install Go 1.26 or newer (https://go.dev/dl), or set KUBEBUILDER_ASSETS to a folder with \
         etcd kube-apiserver kube-controller-manager kubectl.",
    ];
    assert_eq!(said(&answer), (Some(1), "", advice.to_vec()));
}

#[test]
fn what_no_folder_of_assets_holds_needs_go_and_that_is_said() {
    let assets = CONTROL_PLANE.iter().fold(Folder::new("helmless"), |folder, name| folder.with(name, "exit 7"));
    for what in ["--helm", "--node"] {
        let answer = build("helmless", &[what], Some(assets.path()));
        let advice = [
            "lab/build.sh: Go is not installed, and KUBEBUILDER_ASSETS stands in for the control plane only."
                .to_owned(),
            format!(
                "lab/build.sh: Install Go 1.26 or newer (https://go.dev/dl): what lab/build.sh {what} builds is in no such folder."
            ),
        ];
        assert_eq!(said(&answer), (Some(1), "", advice.iter().map(String::as_str).collect()));
    }
}

#[test]
fn of_assets_that_are_not_complete_the_missing_program_is_named() {
    let advice = "lab/build.sh: Put it there (kube-controller-manager is not part of setup-envtest), or unset KUBEBUILDER_ASSETS \
                  to build from Go modules.";
    let empty = Folder::new("empty");
    // As setup-envtest leaves it.
    let envtest = ["etcd", "kube-apiserver", "kubectl"];
    let envtest = envtest.iter().fold(Folder::new("envtest"), |folder, name| folder.with(name, "exit 7"));
    for (name, folder, missing) in [("none", &empty, "etcd"), ("some", &envtest, "kube-controller-manager")] {
        for args in [&[][..], &["--bin"]] {
            let answer = build(name, args, Some(folder.path()));
            let first = format!("lab/build.sh: KUBEBUILDER_ASSETS={} has no {missing}.", folder.path());
            assert_eq!(said(&answer), (Some(1), "", vec![first.as_str(), advice]));
        }
    }
}

#[test]
fn complete_assets_are_used_as_they_are_without_go() {
    let complete = CONTROL_PLANE.iter().fold(Folder::new("complete"), |folder, name| folder.with(name, "exit 7"));
    let answer = build("told", &[], Some(complete.path()));
    let line = format!("control plane: from KUBEBUILDER_ASSETS={}\n", complete.path());
    assert_eq!(said(&answer), (Some(0), line.as_str(), vec![]));
    let answer = build("asked", &["--bin"], Some(complete.path()));
    assert_eq!(said(&answer), (Some(0), format!("{}\n", complete.path()).as_str(), vec![]));
    assert!(!complete.0.join("used").exists(), "nothing is run for that");
}

#[test]
fn a_control_plane_is_started_from_the_assets() {
    let real = programs();
    let stand_in =
        |folder: Folder, name: &&str| folder.with(name, &format!("exec '{}' \"$@\"", real.join(name).display()));
    let assets = CONTROL_PLANE.iter().fold(Folder::new("given"), stand_in);
    let definition = Path::new(env!("CARGO_MANIFEST_DIR")).join("crds/appnetworkprofiles.yaml");
    let running = Script::run(
        "controlplane.sh",
        scratch("of-assets"),
        &[definition.as_os_str()],
        &[("KUBEBUILDER_ASSETS", assets.path())],
    );
    let used = fs::read_to_string(assets.0.join("used")).expect("some were run");
    assert!(CONTROL_PLANE.iter().all(|name| used.lines().any(|line| line == *name)), "{used}");
    drop(running);
}
