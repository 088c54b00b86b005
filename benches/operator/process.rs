//! The operator as a process.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// The program, as `cargo bench` built it: with the settings of a release.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_appnet-operator");

/// A running operator; it is killed when this is dropped.
pub struct Running {
    child: Child,
    address: SocketAddr,
}

/// What a process has in memory, in KiB.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// All of it.
    pub resident: u32,
    /// What it allocated.
    pub anonymous: u32,
    /// Pages of its program and libraries.
    pub file: u32,
    /// The most that was ever resident.
    pub peak: u32,
}

impl Running {
    /// Starts one and waits until it serves, not until it is ready.
    pub fn start(kubeconfig: &Path) -> Self {
        let mut child = Command::new(PROGRAM)
            // One that was killed would keep the next waiting for its Lease.
            .args(["--listen", "127.0.0.1:0", "--leader-election=false"])
            .env("KUBECONFIG", kubeconfig)
            .env_remove("KUBERNETES_SERVICE_HOST")
            .stderr(Stdio::piped())
            .spawn()
            .expect("the operator starts");
        let pipe = child.stderr.take().expect("a pipe");
        let (sender, receiver) = mpsc::channel();
        // A thread of its own: a pipe that nobody reads fills up and stops its writer.
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                let entry: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
                if let Some(address) = entry["address"].as_str().and_then(|text| text.parse().ok()) {
                    let _ = sender.send(address);
                }
                if entry["level"] != "INFO" {
                    eprintln!("operator: {line}");
                }
            }
        });
        let address = receiver.recv_timeout(Duration::from_secs(30)).expect("the operator says where it listens");
        Self { child, address }
    }

    /// Waits until every watch has seen everything.
    pub async fn ready(&self) {
        let end = Instant::now() + Duration::from_secs(300);
        while !self.answers_ready() {
            assert!(Instant::now() < end, "the operator does not get ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn answers_ready(&self) -> bool {
        let ask = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(self.address)?;
            stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: operator\r\nConnection: close\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
    }

    /// What it has in memory now.
    pub fn memory(&self) -> Memory {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it is running");
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.and_then(|text| text.trim().strip_suffix("kB")?.trim().parse().ok()).expect("the kernel tells it")
        };
        Memory { resident: field("VmRSS"), anonymous: field("RssAnon"), file: field("RssFile"), peak: field("VmHWM") }
    }

    /// What it has in memory when nothing has changed for a while.
    pub async fn settled_memory(&self) -> Memory {
        let mut before = self.memory();
        loop {
            tokio::time::sleep(Duration::from_secs(3)).await;
            let now = self.memory();
            if now.resident.abs_diff(before.resident) < 64 {
                return now;
            }
            before = now;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
