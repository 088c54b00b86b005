//! The probes in the Pods, and what they saw.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::{SystemTime, UNIX_EPOCH},
};

use super::flows::App;

/// Milliseconds between two connections of a flow.
const EVERY: &str = "20";

/// Connections of one flow, one after another, with the same outcome.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub open: bool,
    /// When the first and the last of them began, in microseconds since 1970.
    pub first: u128,
    pub last: u128,
    pub count: u64,
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

impl Watch {
    /// One probe in each Pod that flows come from.
    pub fn start(app: &App) -> Self {
        let mut by_pod: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for flow in &app.flows {
            by_pod.entry(flow.from).or_default().push(format!("{}={}", flow.name, flow.target));
        }
        let runs = Runs::default();
        let probes = by_pod.into_iter().map(|((home, pod), targets)| {
            let place = app.home(home);
            let mut child = place
                .cluster
                .command("kubectl")
                .args(["-n", &place.name, "exec", "-i", pod, "--", "/probe", "watch", EVERY])
                .args(targets)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("kubectl starts");
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

    /// What the flow did most recently.
    pub fn latest(&self, flow: &str) -> Option<Run> {
        self.runs.lock().expect("no reader panics").get(flow)?.last().copied()
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
    let [name, outcome, first, last, count] = words.as_slice() else { panic!("the probe says '{line}'") };
    let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("the probe says '{line}'"));
    let count = count.parse().unwrap_or_else(|_| panic!("the probe says '{line}'"));
    ((*name).to_owned(), Run { open: *outcome == "open", first: number(first), last: number(last), count })
}
