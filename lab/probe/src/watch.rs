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

use super::target::{Answer, Target};

/// The outcome of one connection of a flow.
struct Outcome {
    flow: usize,
    number: u64,
    began: u128,
    answer: Answer,
}

/// Outcomes of one flow: those that are known out of order, and the run that goes on.
#[derive(Default)]
struct Flow {
    name: String,
    next: u64,
    early: BTreeMap<u64, Outcome>,
    run: Option<Run>,
}

struct Run {
    open: bool,
    first: u128,
    last: u128,
    count: u64,
    /// The local ports, if they are shut.
    ports: Vec<String>,
}

impl Flow {
    /// Takes an outcome, and gives the runs that ended.
    fn take(&mut self, outcome: Outcome) -> Vec<String> {
        self.early.insert(outcome.number, outcome);
        let mut lines = Vec::new();
        while let Some(Outcome { began, answer, .. }) = self.early.remove(&self.next) {
            self.next += 1;
            let Some(open) = answer.open else { continue };
            if self.run.as_ref().is_some_and(|run| run.open != open) {
                lines.extend(self.end());
            }
            let run = self.run.get_or_insert(Run { open, first: began, last: began, count: 0, ports: Vec::new() });
            run.last = began;
            run.count += 1;
            if !open {
                run.ports.push(answer.port.to_string());
            }
        }
        lines
    }

    fn end(&mut self) -> Option<String> {
        let Run { open, first, last, count, ports } = self.run.take()?;
        let (outcome, ports) = if open { ("open", "-".to_owned()) } else { ("shut", ports.join(",")) };
        Some(format!("{} {outcome} {first} {last} {count} {ports}\n", self.name))
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
    let mut second = interval(Duration::from_secs(1));
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
                        let _ = tell.send(Outcome { flow, number, began, answer });
                    });
                }
                number += 1;
            }
            _ = second.tick() => lines.extend(flows.iter_mut().filter_map(Flow::end)),
            Some(outcome) = told.recv() => lines.extend(flows[outcome.flow].take(outcome)),
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
