//! The same answer from network-config-analyzer, the second opinion of `tests/second_opinion`.
//!
//! Ours starts at the bytes of the dump and ends with the lines of the map. Its time is that of its own classes from
//! decoded objects to its answer in cubes; starting Python, decoding JSON and writing lines are not in it. Both are seconds on
//! a processor: the one takes minutes and the other milliseconds, so that a busy machine would not slow both alike.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    process::Command,
};

use appnet::{
    api::Protocol,
    cli::read::Reader,
    reach::{AddressSpan, Grain, MapEnd, PortSet, PortTable, PortsId, pieces},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    clusters::{Size, cluster},
    dump::{dump, objects},
    map, processor,
    table::{self, Values},
};

const RUNS: usize = 15;
const LIMIT: f64 = 5_000.0;

#[derive(Deserialize)]
struct Reply {
    seconds: f64,
    cubes: Vec<Cube>,
}

#[derive(Deserialize)]
struct Cube {
    from: Ends,
    to: Ends,
    protocols: Vec<String>,
    ports: Vec<(u16, u16)>,
}

#[derive(Deserialize)]
struct Ends {
    pods: Vec<String>,
    v4: Vec<(u32, u32)>,
}

impl Cube {
    fn allowed(&self) -> PortSet {
        let protocol = |name: &String| match name.as_str() {
            "TCP" => Protocol::Tcp,
            "UDP" => Protocol::Udp,
            "SCTP" => Protocol::Sctp,
            other => panic!("no such protocol: {other}"),
        };
        let protocols = self.protocols.iter().map(protocol);
        PortSet::of(protocols.flat_map(|protocol| self.ports.iter().map(move |span| (protocol, *span))))
    }
}

fn spans(ends: &Ends) -> impl Iterator<Item = AddressSpan> {
    let address = |number: u32| IpAddr::V4(Ipv4Addr::from_bits(number));
    ends.v4.iter().map(move |(first, last)| AddressSpan { first: address(*first), last: address(*last) })
}

/// What it says, written as our map is: a line a pair, sorted.
fn lines(cubes: &[Cube]) -> Vec<String> {
    let mut table = PortTable::default();
    let mut pairs: BTreeMap<(&str, &str), PortsId> = BTreeMap::new();
    // By Pod: the addresses that call it, or that it calls, in parts.
    let mut outside: [BTreeMap<&str, Vec<(AddressSpan, PortsId)>>; 2] = Default::default();
    for cube in cubes {
        let ports = table.id(cube.allowed());
        for from in &cube.from.pods {
            for to in cube.to.pods.iter().filter(|to| *to != from) {
                let known = pairs.entry((from, to)).or_insert(PortsId::NONE);
                *known = table.union(*known, ports);
            }
        }
        for (place, pods, others) in [(0, &cube.to.pods, &cube.from), (1, &cube.from.pods, &cube.to)] {
            for pod in pods {
                outside[place].entry(pod).or_default().extend(spans(others).map(|span| (span, ports)));
            }
        }
    }
    let text = |ports: PortsId, table: &PortTable| table.get(ports).to_string();
    let mut lines: Vec<_> = pairs
        .iter()
        .map(|((from, to), ports)| format!("{from}[Pod] => {to}[Pod] : {}", text(*ports, &table)))
        .collect();
    for (place, pods) in outside.iter().enumerate() {
        for (pod, parts) in pods {
            let mut merged: Vec<(AddressSpan, PortsId)> = Vec::new();
            for piece in pieces(parts.iter().map(|(span, _)| *span)) {
                let here = parts.iter().filter(|(span, _)| span.contains(piece.first));
                let ports = here.fold(PortsId::NONE, |ports, (_, more)| table.union(ports, *more));
                match merged.last_mut() {
                    Some((before, same)) if *same == ports && follows(before.last, piece.first) => {
                        before.last = piece.last;
                    }
                    _ => merged.push((piece, ports)),
                }
            }
            for (span, ports) in merged {
                let (end, ports) = (MapEnd::Addresses(span), text(ports, &table));
                lines.push(match place {
                    0 => format!("{end} => {pod}[Pod] : {ports}"),
                    _ => format!("{pod}[Pod] => {end} : {ports}"),
                });
            }
        }
    }
    lines.sort();
    lines
}

fn follows(last: IpAddr, first: IpAddr) -> bool {
    matches!((last, first), (IpAddr::V4(last), IpAddr::V4(first)) if last.to_bits().checked_add(1) == Some(first.to_bits()))
}

/// Asks it once.
fn ask(size: Size, folder: &Path) -> Reply {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let install = here.join("tests/second_opinion/install.sh");
    let python = Command::new(&install).arg("--dir").output().expect("install.sh starts");
    let python = Path::new(String::from_utf8(python.stdout).expect("a path").trim()).join("bin/python");
    assert!(python.is_file(), "there is no second opinion; tests/second_opinion/install.sh installs it");
    let [namespaces, pods, policies] = objects(&cluster(size), false);
    let case = json!({"namespaces": namespaces, "pods": pods, "policies": policies});
    let [asked, replied]: [PathBuf; 2] = ["case", "reply"].map(|name| folder.join(format!("{name}.json")));
    std::fs::write(&asked, serde_json::to_vec(&case).expect("it is JSON")).expect("a place for the case");
    let status = Command::new(&python).arg(here.join("benches/reach/ask_once.py")).args([&asked, &replied]).status();
    assert!(status.expect("Python starts").success(), "it says above what is wrong");
    serde_json::from_slice(&std::fs::read(&replied).expect("a reply")).expect("a reply in JSON")
}

pub fn run() {
    let folder = std::env::temp_dir().join(format!("appnet-nca-{}", std::process::id()));
    std::fs::create_dir(&folder).expect("a place for both answers");
    let mut rows = Vec::new();
    for (size, bound) in [(Size::new(450, 450), false), (Size::new(1_800, 1_800), true)] {
        let bytes = dump(&cluster(size), false);
        let (mut times, mut text) = (Vec::new(), Vec::new());
        // Before and after: the machine may be busier at one time than at another.
        let mut ours = |times: &mut Vec<f64>| {
            for _ in 0..RUNS {
                text.clear();
                let began = processor::seconds();
                let mut reader = Reader::new("default");
                reader.add_bytes("the dump", &bytes);
                map::evaluate(&reader.finish().picture, Grain::Pods, &mut text);
                times.push((processor::seconds() - began) * 1e3);
            }
        };
        ours(&mut times);
        let Reply { seconds, cubes } = ask(size, &folder);
        ours(&mut times);
        let mut own: Vec<_> = String::from_utf8(text).expect("lines").lines().map(str::to_owned).collect();
        own.sort();
        let theirs = lines(&cubes);
        let different = own.iter().filter(|line| theirs.binary_search(line).is_err()).count()
            + theirs.iter().filter(|line| own.binary_search(line).is_err()).count();
        for line in own.iter().filter(|line| theirs.binary_search(line).is_err()).take(5) {
            println!("only ours:   {line}");
        }
        for line in theirs.iter().filter(|line| own.binary_search(line).is_err()).take(5) {
            println!("only theirs: {line}");
        }
        let times = Values::new(times);
        let ratio = |ms: f64| seconds * 1e3 / ms;
        rows.push(vec![
            size.to_string(),
            own.len().to_string(),
            different.to_string(),
            times.spread(),
            format!("{seconds:.1}"),
            format!("{:.0} / {:.0} / {:.0}", ratio(times.max()), ratio(times.median()), ratio(times.min())),
        ]);
        assert_eq!(different, 0, "the answers to {size} differ");
        if bound {
            let median = ratio(times.median());
            println!(
                "goal: {size}, as many lines and the same ones >= {LIMIT:.0} x as fast as network-config-analyzer 2.1.0; \
                 measured {median:.0} x: {}",
                if median >= LIMIT { "met" } else { "MISSED" }
            );
        }
    }
    std::fs::remove_dir_all(&folder).expect("the folder is ours");
    table::print(
        &format!(
            "nca: ours from the bytes of the dump to lines, ms, min / median / max of {} runs; nca once",
            2 * RUNS
        ),
        &["Pods x policies", "lines", "different", "ours, ms", "nca, s", "times as fast"],
        &rows,
    );
}
