//! The lab itself, as the README's commands start and end it.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use crate::cluster::QUIET;

/// `make WHAT`, with a lab's name of our own and a cache folder that shares the programs.
fn make(what: &str, runs: &Path, input: &str) -> String {
    let mut child = Command::new("make")
        .args(["--no-print-directory", what, "NAME=of-a-test", "CNI=none"])
        .arg(format!("LAB={}", runs.display()))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("SHELL", "/bin/sh")
        .env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("make starts");
    // One that does not read its input ends all the same.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("our own child");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "make {what}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// What a node could leave behind on the machine: settings of its kernel, mounts, interfaces, files.
fn machine() -> BTreeMap<String, String> {
    let settings = [
        "vm/overcommit_memory",
        "vm/panic_on_oom",
        "kernel/panic",
        "kernel/panic_on_oops",
        "kernel/unprivileged_bpf_disabled",
        "net/core/bpf_jit_enable",
        "net/ipv4/ip_forward",
    ];
    let mut seen = BTreeMap::new();
    for path in settings.map(|setting| format!("/proc/sys/{setting}")).into_iter().chain(["/proc/self/mounts".into()]) {
        seen.insert(path.clone(), fs::read_to_string(&path).unwrap_or_default());
    }
    for link in ["node0", "world0", "cilium_host", "cilium_net"] {
        seen.insert(link.into(), Path::new("/sys/class/net").join(link).exists().to_string());
    }
    // Where the parts of a node write on any other machine.
    let written = [
        "/run/cilium",
        "/run/containerd",
        "/run/netns",
        "/var/lib/kubelet",
        "/var/lib/containerd",
        "/var/lib/cni",
        "/var/log/pods",
        "/var/log/containers",
        "/opt/containerd",
        "/etc/cni",
        "/usr/libexec/kubernetes",
    ];
    for folder in written {
        let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        seen.insert(folder.into(), format!("{}: {}", Path::new(folder).exists(), names.join(" ")));
    }
    seen
}

#[test]
fn a_lab_is_up_with_one_command_and_gone_without_a_trace_with_another() {
    let _quiet = QUIET.read();
    let runs = crate::support::scratch("lab-of-a-test");
    let before = machine();
    let said = make("lab", &runs, "");
    assert!(said.contains(&format!("KUBECONFIG={}/kubeconfig", runs.display())) && said.contains("kubelet"), "{said}");
    let group = fs::read_to_string(runs.join("group")).expect("the lab notes its control group");
    let said = make("lab-shell", &runs, "kubectl get nodes; curl -sS --max-time 3 http://203.0.113.5; ip address\n");
    assert!(said.contains("node1") && said.contains("the world outside") && said.contains("10.213.0.2"), "{said}");
    make("lab-down", &runs, "");
    assert!(!runs.exists());
    // With control groups of version 2 there is one tree, else one for each controller.
    let trees =
        fs::read_dir("/sys/fs/cgroup").expect("control groups").filter_map(Result::ok).map(|entry| entry.path());
    for tree in trees.chain(["/sys/fs/cgroup".into()]) {
        assert!(!tree.join(group.trim()).exists(), "{} has a group {group} still", tree.display());
    }
    assert_eq!(machine(), before);
}
