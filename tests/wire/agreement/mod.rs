//! What `explain` and `plan` say of the lab, and what its connections do: the whole matrix of every scenario.
//!
//! Each scenario is that of a file beside this folder: its Pods, its profile. Every Pod also holds the probe, which listens on a
//! port that no profile opens. First everybody calls everybody without a profile, so that a connection that is shut later is
//! shut by policy. Then, for each profile: `plan` against the live cluster, the profile is written, everybody calls everybody
//! again, and `explain` is asked about each single connection, and `map` about all of them.

mod map;
mod matrix;
mod planned;
mod pods;
mod said;
mod scenes;
mod stand_ins;
mod words;

use serde_json::json;

use self::{
    matrix::{Matrix, Wire},
    planned::{Plan, plan},
    said::{Said, said},
};
use crate::place::{Place, condition};

/// What was asked in a scenario, all profiles together.
#[derive(Debug, Default, PartialEq, Eq)]
struct Agreed {
    /// Connections of which `explain` gave a verdict, and which the wire was asked about.
    compared: usize,
    /// Those of them that are denied.
    denied: usize,
    /// Connections of which `explain` says that nobody can tell.
    unknown: usize,
    /// Connections that the program itself was asked about, one by one.
    asked: usize,
    /// Connections of which `plan` says what becomes of them.
    planned: usize,
    /// Those of them that are cut.
    cut: usize,
    /// Those of them that are opened.
    opened: usize,
}

/// Writes one profile after the other in the first place, and compares what the verbs say with what the wire does.
fn agree(places: &[&Place], profiles: &[String]) -> Agreed {
    let matrix = Matrix::of(places);
    let mut agreed = Agreed::default();
    let mut known = said(&matrix, places);
    let mut before = matrix.wire("without a profile", |_, _| Some(true));
    compare(&matrix, &before, &known, &mut agreed);
    assert_eq!(agreed.denied, 0, "nothing is denied without a policy");
    for profile in profiles {
        let planned = plan(places[0], profile);
        places[0].write_profile(profile);
        places[0]
            .until_profile("its policies are written", |profile| condition(profile, "PoliciesApplied").0 == "True");
        let now_known = said(&matrix, places);
        let after = matrix.wire(profile, |caller, target| now_known.verdict(caller, target));
        compare(&matrix, &after, &now_known, &mut agreed);
        compare_plan(&matrix, [&before, &after], [&known, &now_known], &planned, &mut agreed);
        (before, known) = (after, now_known);
    }
    // So many Pods would leave no room on the one node for those of other tests.
    for place in places {
        place.kubectl(&["delete", "pods", "--all", "--wait=false"]);
    }
    agreed
}

fn compare(matrix: &Matrix<'_>, wire: &Wire, said: &Said, agreed: &mut Agreed) {
    agreed.asked += said.asked;
    for (caller, target) in matrix.pairs() {
        let title = || format!("{} -> {}", matrix.callers[caller].name(), matrix.targets[target].title());
        match said.verdict(caller, target) {
            None => {
                assert!(
                    matrix.is_undefined(caller, target),
                    "explain does not know: {}\n{}",
                    title(),
                    said.text(caller, target)
                );
                agreed.unknown += 1;
            }
            Some(verdict) => {
                assert!(
                    !matrix.is_undefined(caller, target) || verdict,
                    "explain guesses: {}\n{}",
                    title(),
                    said.text(caller, target)
                );
                assert_eq!(Some(verdict), wire.open(caller, target), "{}\n{}", title(), said.text(caller, target));
                agreed.compared += 1;
                agreed.denied += usize::from(!verdict);
            }
        }
    }
}

/// What the plan cuts and opens is exactly what changed on the wire. Pairs of which nobody knows are left out, and Services,
/// which are a way to Pods and no flow of their own.
fn compare_plan(matrix: &Matrix<'_>, wire: [&Wire; 2], said: [&Said; 2], plan: &Plan, agreed: &mut Agreed) {
    for (caller, target) in matrix.pairs() {
        let known = said.iter().all(|said| said.verdict(caller, target).is_some());
        let (true, Some(end)) = (known, &matrix.targets[target].flow) else { continue };
        let [before, after] = wire.map(|wire| wire.open(caller, target).expect("it was asked"));
        let says = plan.says(&matrix.callers[caller].name(), end);
        let title = format!("{} -> {}", matrix.callers[caller].name(), matrix.targets[target].title());
        assert_eq!(
            (says.cut, says.opened),
            (before && !after, !before && after),
            "the plan of {title}: {}",
            plan.text()
        );
        agreed.planned += 1;
        agreed.cut += usize::from(says.cut);
        agreed.opened += usize::from(says.opened);
    }
}

/// A profile with this spec, as a user would have it in a file.
fn profile_file(place: &Place, spec: &str) -> String {
    let spec: serde_json::Value =
        serde_saphyr::from_str(&crate::place::flush_left(spec)).expect("the scenario's spec is YAML");
    json!({
        "apiVersion": "appnet.dev/v1alpha1", "kind": "AppNetworkProfile",
        "metadata": {"name": "shop", "namespace": place.name}, "spec": spec,
    })
    .to_string()
}
