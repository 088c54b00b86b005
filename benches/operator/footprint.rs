//! What the operator takes when it has nothing to do.

use crate::{
    process::{PROGRAM, Running},
    support::ControlPlane,
    table::{self, Values},
};

const STARTS: usize = 7;
const LIMIT: f64 = 10.0;

pub async fn run() {
    let control_plane = ControlPlane::start().await;
    let mut memory = Vec::new();
    for _ in 0..STARTS {
        let operator = Running::start(&control_plane.kubeconfig());
        operator.ready().await;
        memory.push(operator.settled_memory().await);
    }
    let mib = |kib: u32| f64::from(kib) / 1024.0;
    let of = |part: fn(&crate::process::Memory) -> u32| Values::new(memory.iter().map(|one| mib(part(one))));
    let resident = of(|memory| memory.resident);
    let bytes = std::fs::metadata(PROGRAM).expect("the program is there").len();
    #[allow(clippy::cast_precision_loss)]
    let binary = bytes as f64 / f64::from(1 << 20);
    table::print(
        &format!("footprint: MiB, {STARTS} starts, no profiles and no Pods"),
        &["", "min / median / max"],
        &[
            vec!["resident".into(), resident.spread()],
            vec!["  of it allocated".into(), of(|memory| memory.anonymous).spread()],
            vec!["  of it program and libraries".into(), of(|memory| memory.file).spread()],
            vec!["program file, stripped".into(), format!("{binary:.2}")],
        ],
    );
    table::goal("idle RSS (MiB)", format!("{:.2}", resident.median()), LIMIT, resident.median() <= LIMIT);
    table::goal("program file (MiB)", format!("{binary:.2}"), LIMIT, binary <= LIMIT);
}
