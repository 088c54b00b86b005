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
fn make(what: &str, cni: &str, runs: &Path, input: &str) -> String {
    let mut child = Command::new("make")
        .args(["--no-print-directory", what, "NAME=of-a-test"])
        .arg(format!("CNI={cni}"))
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

/// The names in a folder, and whether it is there at all.
fn names(folder: &Path) -> String {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    format!("{}: {}", folder.exists(), names.join(" "))
}

/// What a program prints; nothing where it is not there. Counters are no trace.
fn printed(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).env("PATH", PATH).args(args).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().filter(|line| !line.starts_with('#') && !line.starts_with(':')).collect::<Vec<_>>().join("\n")
}

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The processes that have to do with this lab: by their arguments, or by the folder that they work in.
fn processes(runs: &Path) -> Vec<String> {
    let runs = runs.to_string_lossy();
    let entries = fs::read_dir("/proc").expect("there is /proc").filter_map(Result::ok).map(|entry| entry.path());
    let of_lab = |process: &Path| {
        let arguments = fs::read(process.join("cmdline")).unwrap_or_default();
        let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
        let folder = fs::read_link(process.join("cwd")).unwrap_or_default();
        (arguments.contains(&*runs) || folder.to_string_lossy().contains(&*runs)).then_some(arguments)
    };
    entries.filter_map(|process| of_lab(&process)).collect()
}

/// What a node could leave behind on the machine: settings of its kernel, mounts, interfaces, rules, programs, files.
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
    // Cilium's agent turns the check of return paths off, for all interfaces.
    for entry in fs::read_dir("/proc/sys/net/ipv4/conf").expect("interfaces").filter_map(Result::ok) {
        let path = entry.path().join("rp_filter");
        seen.insert(path.display().to_string(), fs::read_to_string(&path).unwrap_or_default());
    }
    for link in ["node0", "world0", "cilium_host", "cilium_net"] {
        seen.insert(link.into(), Path::new("/sys/class/net").join(link).exists().to_string());
    }
    for (program, args) in
        [("iptables-save", &[][..]), ("ip6tables-save", &[]), ("nft", &["list", "ruleset"]), ("ip", &["rule"])]
    {
        seen.insert(program.into(), printed(program, args));
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
        // Where Cilium's agent keeps its programs and tables.
        "/sys/fs/bpf",
        "/usr/libexec/kubernetes",
    ];
    for folder in written {
        seen.insert(folder.into(), names(Path::new(folder)));
    }
    seen
}

/// A lab that may be up. A test that fails leaves none behind.
struct Lab<'a>(&'a Path);

impl Drop for Lab<'_> {
    fn drop(&mut self) {
        if self.0.exists() {
            let _ = Command::new(crate::support::lab("node.sh")).arg("down").arg(self.0).status();
        }
    }
}

fn up_and_gone(cni: &str, meanwhile: impl FnOnce(&Path)) {
    let runs = crate::support::scratch(&format!("lab-of-a-test-{cni}"));
    let before = machine();
    let _lab = Lab(&runs);
    let said = make("lab", cni, &runs, "");
    assert!(said.contains(&format!("KUBECONFIG={}/kubeconfig", runs.display())) && said.contains("kubelet"), "{said}");
    assert!(processes(&runs).len() > 5, "the processes of a lab are not recognised");
    let group = fs::read_to_string(runs.join("group")).expect("the lab notes its control group");
    let said =
        make("lab-shell", cni, &runs, "kubectl get nodes; curl -sS --max-time 3 http://203.0.113.5; ip address\n");
    assert!(said.contains("node1") && said.contains("the world outside") && said.contains("10.213.0.2"), "{said}");
    meanwhile(&runs);
    make("lab-down", cni, &runs, "");
    assert!(!runs.exists());
    assert_eq!(processes(&runs), Vec::<String>::new());
    // With control groups of version 2 there is one tree, else one for each controller.
    let trees =
        fs::read_dir("/sys/fs/cgroup").expect("control groups").filter_map(Result::ok).map(|entry| entry.path());
    for tree in trees.chain(["/sys/fs/cgroup".into()]) {
        assert!(!tree.join(group.trim()).exists(), "{} has a group {group} still", tree.display());
    }
    assert_eq!(machine(), before);
}

#[test]
fn a_lab_is_up_with_one_command_and_gone_without_a_trace_with_another() {
    let _quiet = QUIET.read();
    up_and_gone("none", |_| ());
}

#[test]
fn so_is_one_with_cilium_and_with_what_stands_around_an_app() {
    let _quiet = QUIET.read();
    up_and_gone("cilium", |runs| {
        let said = make("lab-extras", "cilium", runs, "");
        assert!(["nginx", "prometheus", "otel-collector"].iter().all(|pod| said.contains(pod)), "{said}");
        // Each by its Pod, since the node itself has no way to addresses of Services; nginx has. A Pod without a probe is ready as soon
        // as its program runs, and the Service behind nginx a moment later.
        let said = make(
            "lab-shell",
            "cilium",
            runs,
            "of() { kubectl -n $1 get pod $2 --output='jsonpath={.status.podIP}'; }
             until_said() {
               wanted=$1; shift
               for again in $(seq 60); do
                 said=$(curl -sS --max-time 5 -w ' says %{http_code}' \"$@\" 2>&1)
                 case $said in *\"$wanted\"*) break ;; esac
                 sleep 1
               done
               echo \"$said\"
             }
             until_said 'is Ready' http://$(of monitoring prometheus):9090/-/ready
             echo nginx $(until_said 200 http://$(of ingress-nginx nginx)/observability/otel-collector:4318/received)
             echo otlp $(until_said 200 http://$(of observability otel-collector):4318/v1/logs --data '{}')\n",
        );
        for part in ["Prometheus Server is Ready", "nginx says 200", "otlp {} says 200"] {
            assert!(said.contains(part), "no '{part}' in: {said}");
        }
    });
}

#[test]
fn whoever_is_not_root_is_told_what_a_node_needs_and_what_does_without() {
    // Where everyone may read it, unlike a checkout in someone's home.
    let folder = std::env::temp_dir().join(format!("appnet-lab-not-root-{}", std::process::id()));
    let copied = Command::new("cp").arg("-r").arg(crate::support::lab("")).arg(&folder).status().expect("cp starts");
    assert!(copied.success());
    let output = Command::new("setpriv")
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"])
        .arg(folder.join("node.sh"))
        .arg("check")
        .current_dir("/")
        .output()
        .expect("setpriv starts");
    fs::remove_dir_all(&folder).expect("ours to remove");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("lab/node.sh: a node needs root: it makes namespaces, interfaces and control groups."),
        "{said}"
    );
    assert!(said.contains("Run it as root, or do without a node: lab/controlplane.sh needs no root."), "{said}");
}
