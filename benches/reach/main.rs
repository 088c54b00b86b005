//! What the evaluator costs, measured side by side with something that cannot do without that cost.
//!
//! `cargo bench --bench reach -- [map] [query]`; all of them without a name.

// Times and counts that are far smaller than what a double holds exactly.
#![allow(clippy::cast_precision_loss)]

mod clusters;
mod map;
mod query;
#[path = "../operator/table.rs"]
mod table;

fn main() {
    let wanted: Vec<_> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let all: [(&str, fn()); 2] = [("map", map::run), ("query", query::run)];
    if let Some(unknown) = wanted.iter().find(|name| !all.iter().any(|(known, _)| known == name)) {
        let known: Vec<_> = all.iter().map(|(name, _)| *name).collect();
        eprintln!("there is no benchmark '{unknown}'; there are {}", known.join(", "));
        std::process::exit(2);
    }
    for (_, run) in all.iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name)) {
        run();
    }
}
