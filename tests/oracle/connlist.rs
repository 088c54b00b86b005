//! Who may connect to whom: our map, and the expected lines.

use std::{collections::BTreeSet, path::Path, process::Command};

use appnet::reach::{Grain, Map};

use crate::{
    host_network,
    lines::{self, End, Pair, Pairs},
    names::Names,
    state::{State, text, title},
};

/// What became of the pairs of a case.
#[derive(Default)]
pub struct Compared {
    /// Equal on both sides.
    pub same: usize,
    /// Left out: an end is on the host network.
    pub on_host: usize,
    /// Left out: an end is an object that the API server would refuse.
    pub unread: usize,
    pub different: Vec<String>,
}

/// Compares a case, without the pairs that have one of these ends.
pub fn compare(case: &Path, unread: &[&str]) -> Compared {
    let state = State::read(&case.join("input"));
    let names = Names::new(&[&state]);
    let ours = lines_of(&state, &names);
    let printed = lines::renamed(lines::parse(&printed(&state)), &names);
    assert_eq!(ours, printed, "{}: the program prints another map", title(case));
    let asked = host_network::never_denied(&state);
    assert_eq!(asked == 0, names.on_host.is_empty(), "{}: was anyone asked?", title(case));
    compare_pairs(&ours, &expected(case), &names, unread)
}

/// Compares a state that a test has changed, without the program.
pub fn compare_changed(case: &Path, state: &State) -> Compared {
    let names = Names::new(&[state]);
    compare_pairs(&lines_of(state, &names), &expected(case), &names, &[])
}

/// Compares a state in which these Pods are one workload there and single Pods here: each of them has all its lines.
pub fn compare_members(case: &Path, state: &State, members: &[&str], workload: &str) -> Vec<String> {
    let names = Names::new(&[state]);
    let ours = lines_of(state, &names);
    let mut different = Vec::new();
    for member in members {
        let is_other = |end: &End| members.iter().any(|other| other != member && End::parse(other) == *end);
        let rename = |end: &End| if *end == End::parse(member) { End::parse(workload) } else { end.clone() };
        let lines = ours.iter().filter(|((from, to), _)| !is_other(from) && !is_other(to));
        let lines = lines.map(|((from, to), ports)| ((rename(from), rename(to)), ports.clone())).collect();
        different.extend(compare_pairs(&lines, &expected(case), &names, &[]).different);
    }
    different
}

fn expected(case: &Path) -> Pairs {
    lines::parse(&text(&case.join("expected.txt")))
}

/// All that our map shows.
pub fn lines_of(state: &State, names: &Names) -> Pairs {
    lines::of_map(&mut Map::new(&state.reach, &state.reading.picture, Grain::Workloads), names)
}

/// Compares lines; the result counts every pair that stands on either side.
fn compare_pairs(ours: &Pairs, theirs: &Pairs, names: &Names, unread: &[&str]) -> Compared {
    let cuts = lines::cuts(ours.keys().chain(theirs.keys()));
    let (ours, theirs) = (lines::cut(ours, &cuts), lines::cut(theirs, &cuts));
    let pairs: BTreeSet<&Pair> = ours.keys().chain(theirs.keys()).collect();
    let mut compared = Compared::default();
    for pair in pairs {
        let is_unread = |end: &End| unread.contains(&end.to_string().as_str());
        if host_network::is_on_host(pair, names) {
            compared.on_host += 1;
        } else if is_unread(&pair.0) || is_unread(&pair.1) {
            assert!(!ours.contains_key(pair), "{} => {} was not to be read", pair.0, pair.1);
            compared.unread += 1;
        } else if ours.get(pair) == theirs.get(pair) {
            compared.same += 1;
        } else {
            let shown = |side: &Pairs| side.get(pair).map_or_else(|| "nothing".to_owned(), ToString::to_string);
            let line = format!("{} => {}: {} here, {} there", pair.0, pair.1, shown(&ours), shown(&theirs));
            compared.different.push(line);
        }
    }
    compared
}

/// What `kubectl appnet map -f` prints. It must end as the reading says: 0, or 2 when something could not be read.
pub fn printed(state: &State) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-appnet"));
    let ran = command.args(["map", "-f"]).arg(&state.folder).output().expect("the program runs");
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    let problems = state.problems();
    let expected = if problems.is_empty() { 0 } else { 2 };
    assert_eq!(ran.status.code(), Some(expected), "{}: {said}", state.folder.display());
    for problem in problems {
        assert!(said.contains(&problem), "{problem} is not told in {said}");
    }
    let printed = String::from_utf8(ran.stdout).expect("text");
    match printed.strip_prefix("PARTIAL: something could not be read; the map is about the rest\n") {
        Some(lines) if expected == 2 => lines.to_owned(),
        None if expected == 0 => printed,
        _ => panic!("is it said above the map, and only then, that it is partial? {printed}"),
    }
}
