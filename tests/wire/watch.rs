//! The probes in the Pods, and what they saw.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::place::Place;

/// Connections of one flow, one after another, with the same outcome.
#[derive(Clone, Debug)]
pub struct Run {
    pub open: bool,
    /// They succeeded, but so late that nobody knows by which packet. These are not open.
    pub late: bool,
    /// When the first and the last of them began, in microseconds since 1970.
    pub first: u128,
    pub last: u128,
    pub count: u64,
    /// The local ports of those that were not open.
    pub ports: Vec<u16>,
}

type Runs = Arc<Mutex<BTreeMap<String, Vec<Run>>>>;

/// All probes.
pub struct Watch {
    runs: Runs,
    probes: Vec<(Child, JoinHandle<()>)>,
}

/// Now, as the probes count: they run on this machine.
pub fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_micros()
}

/// A probe, and the flows from where it runs, each as `NAME=TARGET`.
pub struct Probe {
    /// What runs `/probe` there; its arguments follow.
    pub command: Command,
    pub flows: Vec<String>,
}

impl Probe {
    /// In a Pod.
    pub fn in_pod(place: &Place, pod: &str, flows: Vec<String>) -> Self {
        let mut command = place.cluster.command("kubectl");
        command.args(["-n", &place.name, "exec", "-i", pod, "--", "/probe"]);
        Self { command, flows }
    }
}

impl Watch {
    /// Starts the probes: a new connection on every flow every so many milliseconds.
    pub fn start(every: u32, probes: impl IntoIterator<Item = Probe>) -> Self {
        let runs = Runs::default();
        let probes = probes.into_iter().map(|Probe { mut command, flows }| {
            let mut child = command
                .args(["watch", &every.to_string()])
                .args(flows)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap_or_else(|error| panic!("{command:?}: {error}"));
            let output = BufReader::new(child.stdout.take().expect("a pipe"));
            let runs = runs.clone();
            let reader = thread::spawn(move || {
                for line in output.lines().map_while(Result::ok) {
                    let (name, run) = parse(&line);
                    runs.lock().expect("no reader panics").entry(name).or_default().push(run);
                }
            });
            (child, reader)
        });
        let probes = probes.collect();
        Self { runs, probes }
    }

    #[allow(dead_code, reason = "the benchmark uses it")]
    /// What the flow did so far, as far as it is known yet.
    pub fn so_far(&self, flow: &str) -> Vec<Run> {
        self.runs.lock().expect("no reader panics").get(flow).cloned().unwrap_or_default()
    }

    #[allow(dead_code, reason = "the benchmark does without")]
    /// How many connections of a flow that began since then are known of.
    pub fn count(&self, flow: &str, since: u128) -> u64 {
        let runs = self.runs.lock().expect("no reader panics");
        let recent = runs.get(flow).into_iter().flatten().rev().take_while(|run| run.first >= since);
        recent.map(|run| run.count).sum()
    }

    /// The last that is known of a flow.
    pub fn last(&self, flow: &str) -> Option<Run> {
        self.runs.lock().expect("no reader panics").get(flow)?.last().cloned()
    }

    /// Ends every probe, and gives what they saw.
    ///
    /// # Panics
    /// When a probe had ended by itself: then nobody watched.
    pub fn end(self) -> BTreeMap<String, Vec<Run>> {
        for (mut child, reader) in self.probes {
            assert!(child.try_wait().expect("our own child").is_none(), "a probe ended by itself");
            drop(child.stdin.take());
            child.wait().expect("our own child");
            reader.join().expect("every line could be read");
        }
        std::mem::take(&mut self.runs.lock().expect("no reader panics"))
    }
}

fn parse(line: &str) -> (String, Run) {
    let words: Vec<_> = line.split(' ').collect();
    let [name, outcome, first, last, count, ports] = words.as_slice() else { panic!("the probe says '{line}'") };
    let number = |text: &str| -> u128 { text.parse().unwrap_or_else(|_| panic!("the probe says '{line}'")) };
    let count = count.parse().unwrap_or_else(|_| panic!("the probe says '{line}'"));
    let ports = ports.split(',').filter(|ports| *ports != "-").map(number).map(u16::try_from);
    let ports = ports.collect::<Result<_, _>>().unwrap_or_else(|_| panic!("the probe says '{line}'"));
    let (open, late) = (*outcome == "open", *outcome == "late");
    ((*name).to_owned(), Run { open, late, first: number(first), last: number(last), count, ports })
}
