//! What was found, for people: by symptom, with symbols that mean the same without colour.

use std::io::{self, Write};

use super::Document;
use crate::diagnose::state::{Diagnosis, Fix, Severity, Symptom};

/// Writes it.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(document: &Document<'_>, out: &mut impl Write) -> io::Result<()> {
    if document.partial {
        writeln!(out, "PARTIAL: something could not be read; what is said here may be incomplete\n")?;
    }
    if let Some(verdict) = &document.verdict {
        writeln!(out, "{verdict}\n")?;
    }
    let mut symptoms: Vec<_> = Symptom::ALL.to_vec();
    if let Some(asked) = document.symptom {
        // The row that was asked for comes first; what else was found may be its cause.
        symptoms.sort_by_key(|symptom| *symptom != asked);
    }
    for symptom in symptoms {
        let of: Vec<_> = document.findings.iter().map(|one| one.finding).filter(|one| one.symptom == symptom).collect();
        if !of.is_empty() {
            writeln!(out, "{}", symptom.title())?;
            writeln!(out, "{}", "-".repeat(symptom.title().chars().count()))?;
            of.into_iter().try_for_each(|one| finding(one, out))?;
            writeln!(out)?;
        } else if document.symptom == Some(symptom) {
            // What nobody looked at, or can vouch for, is no success.
            let vouched = document.looked.iter().any(|one| one.symptom == symptom && one.well);
            let said = match (document.partial, vouched) {
                (true, _) => "· nothing of this was found in what could be read",
                (false, true) => "√ nothing of this was found",
                (false, false) => "· nothing of this was found; whether it is well is not known",
            };
            writeln!(out, "{}\n{}\n{said}\n", symptom.title(), "-".repeat(symptom.title().chars().count()))?;
        }
    }
    for (title, sign, well) in [("Looked at and found well", '√', true), ("Not known to be well", '·', false)] {
        let mut lines = document.looked.iter().filter(|one| one.well == well).peekable();
        if lines.peek().is_some() {
            writeln!(out, "{title}\n{}", "-".repeat(title.len()))?;
            lines.try_for_each(|one| writeln!(out, "{sign} {}: {}", one.symptom.word(), one.said))?;
            writeln!(out)?;
        }
    }
    let count = |severity| document.findings.iter().filter(|one| one.finding.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    match (errors, warnings) {
        (0, 0) if document.partial => writeln!(out, "nothing was found in what could be read"),
        (0, 0) => writeln!(out, "√ nothing is wrong, as far as can be seen from here"),
        (0, warnings) => writeln!(out, "√ no errors, {}", counted(warnings, "warning")),
        (errors, warnings) => writeln!(out, "× {}, {}", counted(errors, "error"), counted(warnings, "warning")),
    }
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn finding(one: &Diagnosis, out: &mut impl Write) -> io::Result<()> {
    let sign = match one.severity {
        Severity::Error => "×",
        Severity::Warning => "‼",
        Severity::Note => "·",
    };
    writeln!(out, "{sign} {} {}", one.code.as_str(), one.about)?;
    writeln!(out, "    {}", one.found)?;
    match &one.fix {
        Fix::Command(command) => block("fix", command, out)?,
        Fix::Ask(command) => block("to know more", command, out)?,
        Fix::Do(what) if what.is_empty() => {}
        Fix::Do(what) => writeln!(out, "    fix: {what}")?,
    }
    writeln!(out, "    see {}", one.anchor())
}

/// A command of several lines is not indented: it has to be copied as it is.
fn block(what: &str, command: &str, out: &mut impl Write) -> io::Result<()> {
    if command.contains('\n') {
        writeln!(out, "    {what}:\n\n{command}\n")
    } else {
        writeln!(out, "    {what}: {command}")
    }
}
