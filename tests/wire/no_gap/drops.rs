//! The packets that the data plane dropped, as its own monitor tells.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use serde::Deserialize;

use crate::{
    cluster::Cluster,
    support::lab,
    watch::{Run, now},
};

/// Microseconds between a packet and its line on a machine that is busy. Meanwhile other flows of that Pod take its local
/// ports again, of which it has some thousands: a packet is one of a flow by both of its ends.
const DELAY: u128 = 20_000_000;

/// A packet that was dropped.
#[derive(Clone, Debug)]
pub struct Packet {
    /// Why, in the data plane's words.
    pub reason: String,
    /// When its line was read, which is some time after.
    pub at: u128,
    to: (String, u16),
}

/// Where the packets of a flow come from and go to.
#[derive(Clone, Debug)]
pub struct Ends {
    pub source: String,
    /// Nothing where a Service is called, in place of which there is an address of one of its Pods by then.
    pub target: Option<String>,
    /// The Service's port, and that of its Pods.
    pub ports: Vec<u16>,
}

impl Ends {
    fn lead_to(&self, (address, port): &(String, u16)) -> bool {
        self.target.as_ref().is_none_or(|target| target == address) && self.ports.contains(port)
    }
}

/// The line of the monitor, as far as it is used.
#[derive(Deserialize)]
struct Line {
    reason: String,
    summary: Summary,
}

#[derive(Deserialize)]
struct Summary {
    l3: Words,
    l4: Words,
}

#[derive(Deserialize)]
struct Words {
    src: String,
    dst: String,
}

/// By address and port of the sender.
type Packets = HashMap<(String, u16), Vec<Packet>>;

/// The monitor, which runs.
pub struct Drops {
    /// Nothing once it has ended.
    known: Arc<Mutex<Option<Dropped>>>,
    monitor: Child,
}

impl Drops {
    /// Starts the monitor in the node, and waits until it listens. It ends with the node, if not before.
    pub fn start(cluster: &Cluster) -> Self {
        let mut monitor = Command::new(lab("node.sh"))
            .arg("exec")
            .arg(cluster.folder())
            .args(["timeout", "1800", "cilium-dbg", "monitor", "--type", "drop", "--json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("node.sh starts");
        let output = BufReader::new(monitor.stdout.take().expect("a pipe"));
        let messages = BufReader::new(monitor.stderr.take().expect("a pipe"));
        let all = Arc::new(Mutex::new(Some(Dropped::default())));
        let (listens, heard) = mpsc::channel();
        let also = listens.clone();
        thread::spawn(move || {
            for line in messages.lines().map_while(Result::ok) {
                let _ = also.send(line);
            }
        });
        let known = all.clone();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let mut known = known.lock().expect("nobody panics with it");
                // Without a reader the monitor ends with its next line.
                let Some(known) = known.as_mut() else { break };
                // What is no packet (a greeting, a packet that is not of IP) is of no flow.
                let Ok(Line { reason, summary }) = serde_json::from_str(&line) else {
                    known.lost += lost(&line);
                    let _ = listens.send(line);
                    continue;
                };
                let (Ok(port), Ok(to)) = (summary.l4.src.parse(), summary.l4.dst.parse()) else { continue };
                let packet = Packet { reason, to: (summary.l3.dst, to), at: now() };
                known.packets.entry((summary.l3.src, port)).or_default().push(packet);
            }
        });
        let mut said = String::new();
        while !said.contains("Press Ctrl-C") {
            said = heard.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|error| panic!("{error} after '{said}'"));
        }
        Self { known: all, monitor }
    }

    /// Has it told of a drop of one of these connections?
    pub fn tell_of(&self, ends: &Ends, run: &Run) -> bool {
        let known = self.known.lock().expect("nobody panics with it");
        let known = known.as_ref().expect("it runs");
        run.ports.iter().any(|port| known.of(ends, *port, run, &[]).next().is_some())
    }

    /// Ends the monitor.
    ///
    /// # Panics
    /// When it had ended by itself: then nobody watched.
    pub fn end(mut self) -> Dropped {
        assert!(self.monitor.try_wait().expect("our own child").is_none(), "the monitor ended by itself");
        self.monitor.kill().expect("our own child");
        self.monitor.wait().expect("our own child");
        self.known.lock().expect("nobody panics with it").take().unwrap_or_default()
    }
}

/// How many events a line of the monitor says were lost: `CPU 01: Lost 12 events`.
fn lost(line: &str) -> u64 {
    let words: Vec<_> = line.split_whitespace().collect();
    let number = words.iter().position(|word| word.eq_ignore_ascii_case("lost")).and_then(|at| words.get(at + 1));
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// What was dropped.
#[derive(Default)]
pub struct Dropped {
    packets: Packets,
    /// Events that nobody was told of: the monitor was too slow for them.
    pub lost: u64,
}

impl Dropped {
    /// The drops of packets, there and back, of the run's connection from that local port. `later` are the flow's runs after
    /// it: what was dropped once one of these has the port is theirs.
    pub fn of<'a>(
        &'a self,
        ends: &'a Ends,
        port: u16,
        run: &Run,
        later: &[Run],
    ) -> impl Iterator<Item = &'a Packet> + use<'a> {
        let end = run.last + DELAY;
        let soon = later.iter().take_while(|next| next.first <= end);
        let until = soon.into_iter().find(|next| next.ports.contains(&port)).map_or(end, |next| next.first);
        let since = run.first;
        let of = |address: &str, port| self.packets.get(&(address.to_owned(), port)).into_iter().flatten();
        let there = of(&ends.source, port).filter(|packet| ends.lead_to(&packet.to));
        let answers =
            ends.target.iter().flat_map(move |target| ends.ports.iter().flat_map(move |own| of(target, *own)));
        let back = answers.filter(move |packet| packet.to.0 == ends.source && packet.to.1 == port);
        there.chain(back).filter(move |packet| packet.at >= since && packet.at <= until)
    }

    /// That of one packet.
    #[cfg(test)]
    pub fn one((source, port): (&str, u16), (target, to): (&str, u16), at: u128) -> Self {
        let packet = Packet { reason: "Policy denied".into(), to: (target.to_owned(), to), at };
        Self { packets: [((source.to_owned(), port), vec![packet])].into(), lost: 0 }
    }
}

#[test]
fn what_the_monitor_could_not_tell_is_counted() {
    assert_eq!(lost("CPU 01: Lost 12 events"), 12);
    assert_eq!(lost("Press Ctrl-C to quit"), 0);
}
