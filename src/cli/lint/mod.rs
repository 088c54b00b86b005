//! `lint`: is the profile right, and are the policies?

mod args;
mod fields;
mod report;
mod sarif;
mod selectors;

use std::{
    collections::HashSet,
    io::{self, Write},
    rc::Rc,
};

pub use args::{EXAMPLES, EXITS, Least, LintArgs, LintOutput};
pub use report::Report;
use serde_json::json;

use super::{
    Finding, Manifest, Outcome, checker,
    inputs::{DUMP, inputs},
    read::{FoundProfile, Reading},
    state::{CLUSTER, State},
    yaml::{Position, REQUEST_LIMIT},
};
use crate::{
    lint::{Remark, Scene, Severity, lint},
    model::Problem,
};

/// The annotation of a policy that names the reasons of findings about it which are meant, with commas between them.
const MEANT: &str = "appnet.dev/lint-ignore";

/// Runs the verb.
///
/// # Errors
/// When `out` or `err` cannot be written.
pub fn run(args: &LintArgs, out: &mut impl Write, err: &mut impl Write) -> io::Result<Outcome> {
    let Some((checker, platform)) = checker(args.config.as_deref(), err)? else { return Ok(Outcome::Failed) };
    let Some((mut reader, mut failed, namespace)) = State::begin(&args.state, false, err)? else {
        return Ok(Outcome::Failed);
    };
    let mut report = Report::default();
    let mut dumps = vec![CLUSTER.to_owned()];
    for input in inputs(&args.state.files) {
        let read = input.and_then(|input| Ok((input.name(), input.read(DUMP)?)));
        let (file, bytes) = match read {
            Ok(read) => read,
            Err(error) => {
                writeln!(err, "error: {error}")?;
                failed = true;
                continue;
            }
        };
        reader.add_bytes(&file, &bytes);
        // Nobody sends a larger file in one request: it is a dump, whose profiles come one by one from the reader, because
        // as one tree it would fill the memory.
        if bytes.len() <= REQUEST_LIMIT {
            report.add_bytes(&file, &bytes, &checker);
        } else {
            dumps.push(file);
        }
    }
    let mut reading = reader.finish();
    leave_out_replaced(&mut reading.profiles, &namespace);
    // A check of nothing must not look like a check that passed.
    if !failed && reading.objects == 0 && reading.problems.is_empty() {
        writeln!(err, "error: nothing to lint: no object was found")?;
        return Ok(Outcome::Failed);
    }
    let mut findings = report.findings;
    let mut profiles = report.profiles;
    for found in reading.profiles.iter().filter(|found| dumps.iter().any(|dump| **dump == *found.file)) {
        let manifest = Manifest { node: &found.node, prefix: found.prefix.clone(), misnamed: found.misnamed.clone() };
        findings.extend(report::of_profile(&found.file, &manifest, &checker, &[]));
        profiles += 1;
    }
    findings.extend(of_objects(&reading, &findings));
    // What may not be seen is not missing.
    let whole = (args.state.live || args.state.files.is_empty()) && !failed;
    let remarks = lint(&Scene::new(&reading.picture, whole)).into_iter();
    let asked_for = |severity: &str| args.severity == Least::Warning || severity == Severity::Error.as_str();
    let remarks = remarks.filter(|remark| asked_for(remark.severity.as_str()));
    let (meant, remarks): (Vec<_>, Vec<_>) = remarks.partition(|remark| is_meant(&reading, remark));
    let mut others: Vec<_> = remarks.into_iter().map(|remark| of_remark(&reading, remark)).collect();
    others.extend(fields::unknown(&reading));
    if !reading.profiles.is_empty() {
        others.extend(selectors::Scene::new(&reading, whole).findings(&namespace, &checker, &platform));
    }
    // Whoever corrects a file goes through it from top to bottom.
    others.sort();
    findings.append(&mut others);
    findings.retain(|finding| asked_for(finding.severity));
    write(args.output, &findings, failed, out)?;
    writeln!(err, "{}", summary(&reading, profiles, findings.len(), meant.len()))?;
    Ok(match (failed, findings.is_empty()) {
        (true, _) => Outcome::Failed,
        (false, false) => Outcome::Findings,
        (false, true) => Outcome::Fine,
    })
}

/// Profiles of the cluster in whose place those of files would come.
fn leave_out_replaced(profiles: &mut Vec<FoundProfile>, namespace: &str) {
    let of_files = profiles.iter().filter(|found| *found.file != *CLUSTER);
    let owned = |(namespace, name): (&str, &str)| (namespace.to_owned(), name.to_owned());
    let of_files: HashSet<_> = of_files.filter_map(|found| found.key(namespace).map(owned)).collect();
    let is_replaced = |found: &FoundProfile| found.key(namespace).is_some_and(|key| of_files.contains(&owned(key)));
    profiles.retain(|found| *found.file != *CLUSTER || !is_replaced(found));
}

/// What is wrong with objects, and has not been said yet.
fn of_objects(reading: &Reading, known: &[Finding]) -> Vec<Finding> {
    fn place(finding: &Finding) -> (&str, usize, &str) {
        (&finding.file, finding.line, &finding.path)
    }
    let said: HashSet<_> = known.iter().map(place).collect();
    let is_new = |finding: &&Finding| !said.contains(&place(finding));
    reading.problems.iter().filter(is_new).cloned().collect()
}

/// Did whoever wrote the policy say that it is to be so?
fn is_meant(reading: &Reading, remark: &Remark) -> bool {
    let said = reading.policy(&remark.namespace, &remark.name).and_then(|source| source.metadata("annotations", MEANT));
    said.is_some_and(|reasons| reasons.split(',').any(|reason| reason.trim() == remark.reason.as_str()))
}

fn of_remark(reading: &Reading, remark: Remark) -> Finding {
    let message = remark.message();
    let Remark { namespace, name, path, severity, reason, .. } = remark;
    let source = reading.policy(&namespace, &name);
    let file = source.map_or_else(|| Rc::from(CLUSTER), |source| Rc::clone(&source.file));
    let at = source.map_or(Position::START, |source| source.locate(&path));
    let message = format!("policy '{namespace}/{name}' {message}");
    let prefix = source.map_or("", |source| source.prefix.as_str());
    let problem = Problem { path: format!("{prefix}{path}"), message, reason };
    Finding { severity: severity.as_str(), ..Finding::of_problem(&file, at, problem) }
}

fn write(output: LintOutput, findings: &[Finding], partial: bool, out: &mut impl Write) -> io::Result<()> {
    let document =
        || json!({"apiVersion": "cli.appnet.dev/v1", "kind": "Lint", "partial": partial, "findings": findings});
    match output {
        LintOutput::Text => findings.iter().try_for_each(|finding| writeln!(out, "{finding}")),
        LintOutput::Json => writeln!(out, "{}", serde_json::to_string_pretty(&document())?),
        LintOutput::Yaml => write!(out, "{}", serde_saphyr::to_string(&document()).map_err(io::Error::other)?),
        LintOutput::Sarif => writeln!(out, "{}", serde_json::to_string_pretty(&sarif::sarif(findings))?),
    }
}

/// The last line: what was checked, and what came of it.
fn summary(reading: &Reading, profiles: usize, findings: usize, meant: usize) -> String {
    let count = |number: usize, one: &str, many: &str| format!("{number} {}", if number == 1 { one } else { many });
    let policies = match reading.picture.policies.len() {
        0 => String::new(),
        policies => format!("{}, ", count(policies, "policy", "policies")),
    };
    let skipped = match reading.skipped.values().sum() {
        0 => String::new(),
        others => format!(" ({} skipped)", count(others, "other object", "other objects")),
    };
    let meant = if meant == 0 { String::new() } else { format!(", {meant} meant") };
    let profiles = count(profiles, "profile", "profiles");
    format!("{profiles}, {policies}{}{skipped}{meant}", count(findings, "problem", "problems"))
}
