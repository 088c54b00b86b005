//! What the evaluator costs, measured side by side with something that cannot do without that cost.
//!
//! `cargo bench --bench reach -- [map] [cli] [nca] [query] [change] [large] [growth]`; all of them without a name.

// Times and counts that are far smaller than what a double holds exactly.
#![allow(clippy::cast_precision_loss)]

mod change;
mod cli;
mod clusters;
mod dump;
mod growth;
mod large;
mod map;
mod nca;
mod processor;
mod query;
#[path = "../operator/table.rs"]
mod table;

/// By name. The one that takes long comes last.
const ALL: [(&str, fn()); 7] = [
    ("map", map::run),
    ("cli", cli::run),
    ("query", query::run),
    ("change", change::run),
    ("large", large::run),
    ("growth", growth::run),
    ("nca", nca::run),
];

fn main() {
    let wanted: Vec<_> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    match &wanted[..] {
        [child] if child == large::CHILD => return large::child(),
        [child, file] if child == cli::CHILD => return cli::child(file),
        _ => {}
    }
    if let Some(unknown) = wanted.iter().find(|name| !ALL.iter().any(|(known, _)| known == name)) {
        let known: Vec<_> = ALL.iter().map(|(name, _)| *name).collect();
        eprintln!("there is no benchmark '{unknown}'; there are {}", known.join(", "));
        std::process::exit(2);
    }
    for (name, run) in ALL {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            println!("\n# {name} (load {})", load());
            run();
        }
    }
}

/// How busy the machine is.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}
