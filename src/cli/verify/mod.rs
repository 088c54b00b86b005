//! `verify`: real connections, from Pods with the labels of those that are asked about.

mod args;
mod junit;

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

pub use args::{EXAMPLES, EXITS, VerifyArgs, VerifyOutput};
use serde_json::json;

use super::{
    Outcome,
    state::{State, StateArgs},
};
use crate::{
    cluster::Trial,
    reach::Reach,
    verify::{Became, Checked, Edge, Expected, Extent, Source, Verdict, edges, judge, sources, unproven},
};

/// Runs the verb.
///
/// # Errors
/// When `out` or `err` cannot be written.
pub fn run(args: &VerifyArgs, out: &mut impl Write, err: &mut impl Write) -> io::Result<Outcome> {
    let from =
        StateArgs { namespace: args.namespace.first().cloned(), cluster: args.cluster.clone(), ..StateArgs::default() };
    let Some(state) = State::read(&from, err)? else { return Ok(Outcome::Failed) };
    if state.partial {
        writeln!(
            err,
            "error: without seeing every policy, Pod and namespace nobody knows what should be allowed; ask for the right to list what was not seen"
        )?;
        return Ok(Outcome::Failed);
    }
    let namespaces: BTreeSet<String> = if args.namespace.is_empty() {
        BTreeSet::from([state.namespace.clone()])
    } else {
        args.namespace.iter().cloned().collect()
    };
    let extent = Extent { namespaces, denied: args.denied.0 };
    let picture = &state.reading.picture;
    let reach = Reach::new(picture);
    let planned: Vec<(Source, Vec<Edge>)> = sources(picture, &reach, &extent)
        .into_iter()
        .map(|source| {
            let edges = edges(picture, &reach, &source, &extent);
            (source, edges)
        })
        .filter(|(_, edges)| !edges.is_empty())
        .collect();
    let count = planned.iter().map(|(_, edges)| edges.len()).sum::<usize>();
    if count == 0 {
        writeln!(err, "error: there are no Pods with addresses and ports to be tried; see `kubectl get pods -o wide`")?;
        return Ok(Outcome::Failed);
    }
    writeln!(err, "{count} connections from {} kinds of Pods", planned.len())?;
    let checked = if args.dry_run {
        let of =
            |edge: Edge| Checked { edge, became: None, verdict: Verdict::NotTried, why: "it was not tried".to_owned() };
        planned.into_iter().flat_map(|(_, edges)| edges).map(of).collect()
    } else {
        match twice(args, picture, planned, err)? {
            Some(checked) => checked,
            None => return Ok(Outcome::Failed),
        }
    };
    write(args.output, &checked, out)?;
    let has = |verdict| checked.iter().any(|one: &Checked| one.verdict == verdict);
    let unproven = unproven(&checked);
    if let Some(why) = unproven {
        writeln!(err, "no denial was proven: {why}")?;
    }
    Ok(match (args.dry_run, has(Verdict::NotTried), has(Verdict::Differs)) {
        (true, ..) => Outcome::Fine,
        (false, true, _) => Outcome::Failed,
        (false, false, true) => Outcome::Findings,
        (false, false, false) => {
            if unproven.is_some() {
                Outcome::Unknown
            } else {
                Outcome::Fine
            }
        }
    })
}

/// Makes the connections, and those that differ once more: a policy takes a moment to reach a new Pod, and answers get lost.
fn twice(
    args: &VerifyArgs,
    picture: &crate::reach::Picture,
    planned: Vec<(Source, Vec<Edge>)>,
    err: &mut impl Write,
) -> io::Result<Option<Vec<Checked>>> {
    let sources: Vec<Source> = planned.iter().map(|(source, _)| source.clone()).collect();
    let Some(mut checked) = tried(args, picture, planned, err)? else { return Ok(None) };
    let differs = |one: &Checked| one.verdict == Verdict::Differs;
    let again = sources.into_iter().filter_map(|source| {
        let of_source = checked.iter().filter(|one| differs(one) && one.edge.from == source.name);
        let edges: Vec<_> = of_source.map(|one| one.edge.clone()).collect();
        (!edges.is_empty()).then_some((source, edges))
    });
    let again: Vec<_> = again.collect();
    if again.is_empty() {
        return Ok(Some(checked));
    }
    writeln!(err, "what differs is tried once more")?;
    let Some(second) = tried(args, picture, again, err)? else { return Ok(None) };
    checked.retain(|one| !differs(one));
    checked.extend(second);
    Ok(Some(checked))
}

/// Makes the connections. Nothing when there is no way to the cluster.
fn tried(
    args: &VerifyArgs,
    picture: &crate::reach::Picture,
    planned: Vec<(Source, Vec<Edge>)>,
    err: &mut impl Write,
) -> io::Result<Option<Vec<Checked>>> {
    let trials: Vec<_> = planned
        .iter()
        .map(|(source, edges)| Trial {
            namespace: source.namespace.clone(),
            labels: source.labels.clone(),
            like: picture.pods[source.pod as usize].name.clone(),
            targets: edges.iter().map(|edge| edge.target.clone()).collect(),
        })
        .collect();
    let all = trials.len();
    let told = |done: usize| {
        // A person waits; whoever reads standard error as data is not helped by less.
        let _ = writeln!(io::stderr(), "{done} of {all} sources are done");
    };
    let results = match args.cluster.try_all(&args.image, trials, usize::from(args.at_once), told) {
        Ok(results) => results,
        Err(error) => return writeln!(err, "error: {error}").map(|()| None),
    };
    let mut checked = Vec::new();
    for ((_, edges), result) in planned.into_iter().zip(results) {
        match result {
            Ok(lines) => checked.extend(edges.into_iter().map(|edge| read(edge, &lines))),
            Err(error) => checked.extend(edges.into_iter().map(|edge| not_tried(edge, &error))),
        }
    }
    Ok(Some(checked))
}

fn not_tried(edge: Edge, why: &str) -> Checked {
    Checked { edge, became: None, verdict: Verdict::NotTried, why: why.to_owned() }
}

fn read(edge: Edge, lines: &[String]) -> Checked {
    let prefix = format!("{} ", edge.target);
    let became = lines.iter().find_map(|line| Became::read(line.strip_prefix(&prefix)?));
    match became {
        Some(became) => judge(edge, became),
        None => not_tried(edge, "the Pod said nothing about it"),
    }
}

fn write(output: VerifyOutput, checked: &[Checked], out: &mut impl Write) -> io::Result<()> {
    match output {
        VerifyOutput::Text => text(checked, out),
        VerifyOutput::Junit => junit::write(checked, out),
        VerifyOutput::Json => {
            let document = json!({"apiVersion": "cli.appnet.dev/v1", "kind": "Verification", "results": checked});
            writeln!(out, "{}", serde_json::to_string_pretty(&document)?)
        }
    }
}

fn text(checked: &[Checked], out: &mut impl Write) -> io::Result<()> {
    let mut sorted: Vec<_> = checked.iter().collect();
    sorted.sort_by_key(|one| one.verdict);
    let width = |of: fn(&Checked) -> &str| checked.iter().map(|one| of(one).chars().count()).max().unwrap_or_default();
    let (from, to) = (width(|one| &one.edge.from).max(4), width(|one| &one.edge.to).max(2));
    writeln!(out, "  {:from$}  {:to$}  {:10}  {:8}  RESULT", "FROM", "TO", "PORT", "EXPECTED")?;
    for one in sorted {
        let sign = match one.verdict {
            Verdict::Agrees => "√",
            Verdict::Differs => "×",
            Verdict::Inconclusive => "?",
            Verdict::NotTried => "-",
        };
        let expected = if one.edge.expected == Expected::Allowed { "allowed" } else { "denied" };
        let port = &one.edge.port;
        writeln!(out, "{sign} {:from$}  {:to$}  {port:10}  {expected:8}  {}", one.edge.from, one.edge.to, one.why)?;
    }
    let count = |verdict| checked.iter().filter(|one| one.verdict == verdict).count();
    writeln!(
        out,
        "\n{} agree, {} differ, {} inconclusive, {} not tried",
        count(Verdict::Agrees),
        count(Verdict::Differs),
        count(Verdict::Inconclusive),
        count(Verdict::NotTried)
    )
}
