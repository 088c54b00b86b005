//! The second opinion's process: started once, asked case by case.

use std::{
    io::{BufRead, BufReader, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde::Deserialize;

use crate::{
    answer::{Answer, End, PROTOCOLS, Pair, Ports, pairs},
    case::{Case, full_name},
};

pub struct Partner {
    child: Child,
    cases: Option<ChildStdin>,
    replies: BufReader<ChildStdout>,
    asked: usize,
}

/// What it says about one case.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reply {
    /// Everything in any of these is allowed, and nothing else.
    Cubes(Vec<Cube>),
    /// It takes the case for illegal.
    Refused(String),
}

/// All connections from some ends to some ends.
#[derive(Deserialize)]
pub struct Cube {
    from: Ends,
    to: Ends,
    protocols: Vec<String>,
    ports: Vec<(u16, u16)>,
}

#[derive(Deserialize)]
struct Ends {
    pods: Vec<String>,
    v4: Vec<(u32, u32)>,
    /// As texts: no number of JSON is long enough.
    v6: Vec<(String, String)>,
}

impl Partner {
    /// Starts it.
    ///
    /// # Panics
    /// When it cannot run. A test that was skipped would look like one that passed.
    pub fn start() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/second_opinion");
        let folder = Command::new(here.join("install.sh")).arg("--dir").output().expect("install.sh starts");
        let folder = String::from_utf8(folder.stdout).expect("a path");
        let python = Path::new(folder.trim()).join("bin/python");
        assert!(python.is_file(), "there is no second opinion; tests/second_opinion/install.sh installs it");
        let mut child = Command::new(&python)
            .arg(here.join("ask_nca.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", python.display()));
        let cases = child.stdin.take();
        let replies = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, cases, replies, asked: 0 }
    }

    pub fn ask(&mut self, case: &Case) -> Reply {
        self.asked += 1;
        let line = serde_json::to_string(case).expect("cases have a JSON form");
        let pipe = self.cases.as_mut().expect("it is open until the end");
        let mut reply = String::new();
        let answered =
            writeln!(pipe, "{line}").and_then(|()| pipe.flush()).and_then(|()| self.replies.read_line(&mut reply));
        match answered {
            Ok(1..) => serde_json::from_str(&reply).unwrap_or_else(|error| panic!("{error} in {reply}")),
            ended => {
                panic!("the second opinion broke off ({ended:?}); it says above why. Its case was\n{}", case.yaml())
            }
        }
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.asked
    }
}

impl Drop for Partner {
    fn drop(&mut self) {
        // It ends with its input.
        drop(self.cases.take());
        let _ = self.child.wait();
    }
}

impl Ends {
    fn v6(&self) -> impl Iterator<Item = (u128, u128)> {
        self.v6.iter().map(|(first, last)| (first.parse().expect("a number"), last.parse().expect("a number")))
    }

    fn contain(&self, names: &[String], end: End) -> bool {
        match end {
            End::Pod(place) => self.pods.contains(&names[place]),
            End::Address(IpAddr::V4(address)) => {
                self.v4.iter().any(|(first, last)| (first..=last).contains(&&address.to_bits()))
            }
            End::Address(IpAddr::V6(address)) => {
                self.v6().any(|(first, last)| (first..=last).contains(&address.to_bits()))
            }
        }
    }
}

/// The first addresses of all ranges that the answer tells apart.
pub fn boundaries(cubes: &[Cube]) -> Vec<IpAddr> {
    let ends = || cubes.iter().flat_map(|cube| [&cube.from, &cube.to]);
    let v4 = ends().flat_map(|ends| &ends.v4).flat_map(|(first, last)| [Some(*first), last.checked_add(1)]);
    let v6 = ends().flat_map(Ends::v6).flat_map(|(first, last)| [Some(first), last.checked_add(1)]);
    let v4 = v4.flatten().map(|number| IpAddr::V4(Ipv4Addr::from_bits(number)));
    v4.chain(v6.flatten().map(|number| IpAddr::V6(Ipv6Addr::from_bits(number)))).collect()
}

/// Its answer, pair by pair.
pub fn answer(case: &Case, cubes: &[Cube], addresses: &[IpAddr]) -> Answer {
    let names: Vec<_> = case.pods.iter().map(full_name).collect();
    let ports = |(from, to): Pair| {
        let mut ports = Ports::default();
        for cube in cubes.iter().filter(|cube| cube.from.contain(&names, from) && cube.to.contain(&names, to)) {
            for (place, _) in
                PROTOCOLS.iter().enumerate().filter(|(_, name)| cube.protocols.iter().any(|other| other == *name))
            {
                for (first, last) in &cube.ports {
                    ports.add(place, *first, *last);
                }
            }
        }
        ports
    };
    pairs(case.pods.len(), addresses).into_iter().map(|pair| (pair, ports(pair))).collect()
}
