//! New connections at a steady pace, and their outcomes as runs.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, stdin, stdout},
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};

use super::target::{Answer, Outcome, Target};

/// How often runs that go on are printed.
const TELL: Duration = Duration::from_millis(250);

/// One connection of a flow.
struct Connection {
    flow: usize,
    number: u64,
    began: u128,
    answer: Answer,
}

/// Connections of one flow: those whose outcome is known out of order, and the run that goes on.
#[derive(Default)]
struct Flow {
    name: String,
    next: u64,
    early: BTreeMap<u64, Connection>,
    run: Option<Run>,
}

struct Run {
    outcome: Outcome,
    first: u128,
    last: u128,
    count: u64,
    /// The local ports, if they are not open.
    ports: Vec<String>,
}

impl Flow {
    /// Takes what became of a connection, and gives the runs that ended.
    fn take(&mut self, connection: Connection) -> Vec<String> {
        self.early.insert(connection.number, connection);
        let mut lines = Vec::new();
        while let Some(Connection { began, answer: Answer { outcome, port }, .. }) = self.early.remove(&self.next) {
            self.next += 1;
            if self.run.as_ref().is_some_and(|run| run.outcome != outcome) {
                lines.extend(self.end());
            }
            let run = self.run.get_or_insert(Run { outcome, first: began, last: began, count: 0, ports: Vec::new() });
            run.last = began;
            run.count += 1;
            if outcome != Outcome::Open {
                run.ports.push(port.to_string());
            }
        }
        lines
    }

    fn end(&mut self) -> Option<String> {
        let Run { outcome, first, last, count, ports } = self.run.take()?;
        let ports = if ports.is_empty() { "-".to_owned() } else { ports.join(",") };
        Some(format!("{} {} {first} {last} {count} {ports}\n", self.name, outcome.word()))
    }
}

/// Connects until stdin ends.
pub async fn watch(every: &str, targets: &[&str]) -> Result<(), String> {
    let every: u64 = every.parse().map_err(|_| format!("'{every}' is no number of milliseconds"))?;
    let (mut flows, mut parsed) = (Vec::new(), Vec::<Target>::new());
    for target in targets {
        let (name, target) = target.split_once('=').ok_or_else(|| format!("'{target}' must be NAME=TARGET"))?;
        flows.push(Flow { name: name.to_owned(), ..Flow::default() });
        parsed.push(target.parse()?);
    }
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut tick = interval(Duration::from_millis(every.max(1)));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut tell_all = interval(TELL);
    let (mut input, mut ended, mut number) = (stdin(), [0; 64], 0);
    let mut output = stdout();
    loop {
        let mut lines = Vec::new();
        tokio::select! {
            read = input.read(&mut ended) => if matches!(read, Ok(0) | Err(_)) { break },
            _ = tick.tick() => {
                for (flow, target) in parsed.iter().copied().enumerate() {
                    let tell = tell.clone();
                    tokio::spawn(async move {
                        let began = now();
                        let answer = target.answers().await;
                        // Nobody listens any more when the watch has ended.
                        let _ = tell.send(Connection { flow, number, began, answer });
                    });
                }
                number += 1;
            }
            _ = tell_all.tick() => lines.extend(flows.iter_mut().filter_map(Flow::end)),
            Some(connection) = told.recv() => lines.extend(flows[connection.flow].take(connection)),
        }
        if !lines.is_empty() {
            let written = output.write_all(lines.concat().as_bytes()).await;
            if written.is_err() || output.flush().await.is_err() {
                break;
            }
        }
    }
    Ok(())
}

fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros())
}
