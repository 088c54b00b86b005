//! One new connection to each of many targets, and a line for each.

use tokio::{
    io::{AsyncWriteExt, stdout},
    task::JoinSet,
};

use super::target::Target;

/// At the same time. All of them are done in the time of one that is shut; more at once would keep each other waiting, and look shut.
const AT_ONCE: usize = 16;

/// Connects to each target once, and says what became of it, in the order in which they are given.
pub async fn each(targets: &[&str]) -> Result<(), String> {
    let mut parsed = Vec::new();
    for target in targets {
        parsed.push((*target, target.parse::<Target>()?));
    }
    // One for all: another one could overtake it.
    let mut output = stdout();
    for some in parsed.chunks(AT_ONCE) {
        let mut running = JoinSet::new();
        for (place, (_, target)) in some.iter().enumerate() {
            let target = *target;
            running.spawn(async move { (place, target.answers().await.outcome) });
        }
        let mut words = vec![""; some.len()];
        while let Some(done) = running.join_next().await {
            let (place, outcome) = done.map_err(|error| format!("a connection was not tried: {error}"))?;
            words[place] = outcome.word();
        }
        let lines: String = some.iter().zip(words).flat_map(|((target, _), word)| [target, " ", word, "\n"]).collect();
        output.write_all(lines.as_bytes()).await.map_err(|error| format!("cannot write: {error}"))?;
    }
    output.flush().await.map_err(|error| format!("cannot write: {error}"))
}
