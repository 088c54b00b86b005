//! What the operator costs, measured side by side with something that cannot do without that cost.
//!
//! `cargo bench --bench operator -- [footprint] [repair] [converge] [crowded] [pods]`; all of them without a name. The operator is
//! the program as it is shipped, started as a process against a real control plane; `docs/benchmarks.md` has figures.

#[path = "../../tests/support/mod.rs"]
mod support;

mod converge;
mod footprint;
mod pods;
mod process;
mod repair;
mod replay;
mod scene;
mod table;

use scene::Setting;

#[tokio::main]
async fn main() {
    // Cargo adds `--bench`.
    let wanted: Vec<_> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let all = ["footprint", "repair", "converge", "crowded", "pods"];
    if let Some(unknown) = wanted.iter().find(|name| !all.contains(&name.as_str())) {
        eprintln!("there is no benchmark '{unknown}'; there are {}", all.join(", "));
        std::process::exit(2);
    }
    for name in all.into_iter().filter(|name| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name)) {
        match name {
            "footprint" => footprint::run().await,
            "repair" => repair::run().await,
            "converge" => converge::run(Setting { namespaces: 1000, profiles_each: 1 }, 3).await,
            "crowded" => converge::run(Setting { namespaces: 50, profiles_each: 20 }, 1).await,
            _ => pods::run().await,
        }
    }
}
