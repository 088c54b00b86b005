//! `diagnose`: which symptom it is, what was found, and what to type.

mod args;
mod misplaced;
mod text;

use std::{
    cell::{Cell, OnceCell},
    io::{self, Write},
};

pub use args::{DiagnoseArgs, DiagnoseOutput, EXAMPLES, EXITS, Least};
use serde::Serialize;

use super::{Outcome, completed::Completed, explain::Files, platform, read::Reading, state::State};
use crate::{
    diagnose::state::{
        Diagnosis, FIXES, Looked, Path, Scene, Scope, Severity, Symptom, joined, looked, of_path, run as check,
    },
    explain::Setting,
    reach::Reach,
};

/// What programs read.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    api_version: &'static str,
    kind: &'static str,
    /// Something could not be read: what is said of the rest may be wrong.
    pub partial: bool,
    /// What `explain` says of the connection that was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// The symptom that was asked for.
    #[serde(skip)]
    pub symptom: Option<Symptom>,
    /// What was found.
    pub findings: Vec<Shown<'a>>,
    /// What was looked at beside. None of one connection, of which the verdict speaks, nor where something could not be read.
    pub looked: &'a [Looked],
}

/// A finding, with where it is explained.
#[derive(Debug, Serialize)]
pub struct Shown<'a> {
    /// The finding.
    #[serde(flatten)]
    pub finding: &'a Diagnosis,
    /// Below the docs of the project.
    pub doc: String,
}

/// Runs the verb.
///
/// # Errors
/// When `out` or `err` cannot be written.
pub fn run(args: &DiagnoseArgs, out: &mut impl Write, err: &mut impl Write) -> io::Result<Outcome> {
    if let Some(error) = misplaced::misplaced(args) {
        return writeln!(err, "error: {error}").map(|()| Outcome::Failed);
    }
    let platform = match platform(args.config.as_deref()) {
        Ok(platform) => platform,
        Err(error) => return writeln!(err, "error: {error}").map(|()| Outcome::Failed),
    };
    let Some(mut state) = State::read_with_details(&args.state, err)? else { return Ok(Outcome::Failed) };
    let Some(Completed { profiles, .. }) = state.complete(args.config.as_deref(), err)? else {
        return Ok(Outcome::Failed);
    };
    // A diagnosis of nothing looks like one that found nothing.
    if !state.partial && holds_nothing(&state.reading) {
        writeln!(err, "error: nothing to diagnose: no profile, no Pod, no policy and no Service was found")?;
        return Ok(Outcome::Failed);
    }
    let scope = match scope(args, &state.namespace, &profiles, &state.reading.picture) {
        Ok(scope) => scope,
        Err(error) => return writeln!(err, "error: {error}").map(|()| Outcome::Failed),
    };
    let reading = &state.reading;
    let reach = Reach::new(&reading.picture);
    let sources = Files { reading, namespace: &state.namespace };
    let setting = Setting::new(&reading.picture, &reach, &profiles, &sources);
    let world = reading.picture.world(&reading.endpoints);
    // What may not be seen is not missing.
    let whole = (args.state.live || args.state.files.is_empty()) && !state.partial;
    let (details, cni) = (&reading.details, platform.cni);
    let fixes = Cell::new(FIXES);
    let kinds = OnceCell::new();
    let scene = Scene { setting: &setting, details, world: &world, cni, scope: &scope, whole, fixes, kinds };
    // What was asked about comes first: the symptom, or what was found of the connection itself.
    let mut asked = args.symptom;
    let (verdict, mut findings) = match (&args.from, &args.to) {
        (Some(from), Some(to)) => {
            let path = Path {
                from: from.clone(),
                to: to.clone(),
                port: args.port.clone(),
                namespace: state.namespace.clone(),
            };
            match of_path(&scene, &path) {
                Ok((answer, found)) => {
                    asked = asked.or(found.first().map(|one| one.symptom));
                    (Some(answer.headline()), joined(found))
                }
                Err(error) => return writeln!(err, "error: {error}").map(|()| Outcome::Failed),
            }
        }
        _ => (None, check(&scene)),
    };
    // What could not be read may be wrong.
    let well = if verdict.is_none() && !state.partial { looked(&scene, &findings) } else { Vec::new() };
    findings.retain(|one| args.all || args.from.is_some() || one.severity != Severity::Note);
    if let Some(symptom) = asked {
        findings.sort_by_key(|one| one.symptom != symptom);
    }
    let document = Document {
        api_version: "cli.appnet.dev/v1",
        kind: "Diagnosis",
        partial: state.partial,
        verdict,
        symptom: asked,
        findings: findings.iter().map(|finding| Shown { finding, doc: finding.anchor() }).collect(),
        looked: &well,
    };
    match args.output {
        DiagnoseOutput::Text => text::write(&document, out)?,
        DiagnoseOutput::Json => writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?,
        DiagnoseOutput::Yaml => write!(out, "{}", serde_saphyr::to_string(&document).map_err(io::Error::other)?)?,
    }
    let fails = |one: &Diagnosis| match args.fail_on {
        Least::Error => one.severity == Severity::Error,
        Least::Warning => one.severity <= Severity::Warning,
        Least::None => false,
    };
    Ok(match (state.partial, findings.iter().any(fails)) {
        (true, _) => Outcome::Failed,
        (false, true) => Outcome::Findings,
        (false, false) => Outcome::Fine,
    })
}

fn holds_nothing(reading: &Reading) -> bool {
    let picture = &reading.picture;
    reading.profiles.is_empty() && picture.pods.is_empty() && picture.policies.is_empty() && picture.services.is_empty()
}

/// Which part is asked about.
fn scope(
    args: &DiagnoseArgs,
    namespace: &str,
    profiles: &crate::explain::Profiles,
    picture: &crate::reach::Picture,
) -> Result<Scope, String> {
    let mut scope = Scope::default();
    if let Some(text) = &args.profile {
        let name = match text.split_once('/') {
            None => text.as_str(),
            Some(("appnet" | "appnetworkprofile", name)) => name,
            Some((kind, _)) => {
                return Err(format!(
                    "'{kind}' in '{text}' is no profile; write appnet/NAME, or --from and --to for Pods"
                ));
            }
        };
        let known = profiles.known().iter().map(|known| &known.profile.identity);
        let there: Vec<_> = known.filter(|identity| identity.namespace == namespace).collect();
        if !there.iter().any(|identity| identity.name == name) {
            let exist: Vec<_> = there.iter().map(|identity| identity.name.clone()).collect();
            let near = crate::explain::there_is(name, "profile", &exist);
            let file = if std::path::Path::new(text).exists() {
                format!("; a file is named with -f: -f {text}")
            } else {
                String::new()
            };
            return Err(format!("there is no profile '{name}' in namespace '{namespace}'; {near}{file}"));
        }
        scope.profile = Some((namespace.to_owned(), name.to_owned()));
        scope.namespaces.insert(namespace.to_owned());
    } else if let Some(namespace) = &args.state.namespace {
        let pods = picture.pods.iter().map(|pod| &pod.namespace);
        let known: std::collections::BTreeSet<_> = picture
            .namespaces
            .keys()
            .chain(pods)
            .chain(picture.policies.iter().map(|policy| &policy.namespace))
            .chain(picture.services.keys().map(|service| &service.namespace))
            .chain(profiles.known().iter().map(|known| &known.profile.identity.namespace))
            .collect();
        if !known.contains(namespace) {
            let exist: Vec<_> = known.into_iter().cloned().collect();
            let near = crate::explain::there_is(namespace, "namespace", &exist);
            return Err(format!("nothing was read of namespace '{namespace}'; {near}"));
        }
        scope.namespaces.insert(namespace.clone());
    }
    Ok(scope)
}
