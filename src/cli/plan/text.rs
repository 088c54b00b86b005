//! The plan for people.

use std::io::{self, Write};

use super::{
    Document,
    document::{FlowRow, ObjectRow, Summary, WayRow},
};

/// More lines than that are read by nobody: the rest is shown when it is asked for.
pub(super) const WAYS: usize = 40;

/// Writes the plan.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(document: &Document, all: bool, out: &mut impl Write) -> io::Result<()> {
    if document.partial {
        writeln!(out, "PARTIAL: something could not be read; the plan is about the rest")?;
    }
    writeln!(out, "{}", objects_line(&document.summary))?;
    document.objects.iter().try_for_each(|row| writeln!(out, "  {}", object(row)))?;
    if !document.ways.is_empty() {
        writeln!(out, "through Services and ways in:")?;
        let shown = if all { document.ways.len() } else { WAYS };
        for row in document.ways.iter().take(shown) {
            writeln!(out, "  {:<8}{}", row.effect, way(row))?;
            row.because.iter().try_for_each(|why| writeln!(out, "          {why}"))?;
        }
    }
    if !all && document.ways.len() > WAYS {
        writeln!(out, "  and {} more; --all shows them", document.ways.len() - WAYS)?;
    }
    writeln!(out, "{}", flows_line(&document.summary))?;
    for row in &document.flows {
        writeln!(out, "  {:<8}{}", row.effect, flow(row))?;
        row.because.iter().try_for_each(|why| writeln!(out, "          {why}"))?;
    }
    Ok(())
}

pub(super) fn objects_line(summary: &Summary) -> String {
    let Summary { create, update, delete, blocked, unchanged, .. } = summary;
    let blocked = if *blocked > 0 { format!(", {blocked} blocked") } else { String::new() };
    format!("objects: {create} to create, {update} to update, {delete} to delete{blocked}, {unchanged} unchanged")
}

pub(super) fn flows_line(summary: &Summary) -> String {
    format!("flows: {} cut, {} changed, {} opened", summary.cut, summary.changed, summary.opened)
}

pub(super) fn object(row: &ObjectRow) -> String {
    let ObjectRow { action, kind, namespace, name, profile, fields } = row;
    let slash = if namespace.is_empty() { "" } else { "/" };
    let profile = if profile.is_empty() { String::new() } else { format!(" (of profile {profile})") };
    let fields = if fields.is_empty() { String::new() } else { format!(": {}", fields.join(", ")) };
    format!("{action:<8}{kind} {namespace}{slash}{name}{profile}{fields}")
}

pub(super) fn way(row: &WayRow) -> String {
    let arrow = if row.from.is_empty() { String::new() } else { format!("{} → ", row.from) };
    let unsure = if row.unsure { " (unless the ingress controller is among those that may call)" } else { "" };
    format!("{arrow}{} → {}: {}{unsure}", row.way, row.to, change(&row.lost, &row.won))
}

pub(super) fn flow(row: &FlowRow) -> String {
    let ports =
        if row.effect == "changed" { format!("{} → {}", row.before, row.after) } else { change(&row.lost, &row.won) };
    format!("{} → {}: {ports}", row.from, row.to)
}

fn change(lost: &str, won: &str) -> String {
    match (lost.is_empty(), won.is_empty()) {
        (false, false) => format!("{lost} → {won}"),
        (false, true) => lost.to_owned(),
        (true, _) => won.to_owned(),
    }
}
