//! A table for the terminal: who calls in rows, who is called in columns.

use std::io::{self, Write};

use super::grid::Grid;

/// Writes the table and its legend.
///
/// # Errors
/// When it cannot be written.
pub fn matrix(grid: &Grid<'_>, out: &mut impl Write) -> io::Result<()> {
    // An end has the same number wherever it stands.
    let name = |end: usize| format!("{} {}", end + 1, grid.graph.ends[end].text);
    let head = "from \\ to";
    let first = grid.rows.iter().map(|row| name(*row).chars().count()).max().unwrap_or_default().max(head.len());
    let width = |column: &usize| {
        let cells = grid.rows.iter().map(|row| grid.text(*row, *column).len());
        cells.max().unwrap_or_default().max((column + 1).to_string().len())
    };
    let widths: Vec<_> = grid.columns.iter().map(width).collect();
    let line = |out: &mut dyn Write, head: &str, texts: &mut dyn Iterator<Item = String>| {
        let mut line = format!("{head:first$}");
        for (text, width) in texts.zip(&widths) {
            line.extend(["  ", &format!("{text:width$}")]);
        }
        writeln!(out, "{}", line.trim_end())
    };
    line(out, head, &mut grid.columns.iter().map(|column| (column + 1).to_string()))?;
    for row in &grid.rows {
        line(out, &name(*row), &mut grid.columns.iter().map(|column| grid.text(*row, *column)))?;
    }
    writeln!(out)?;
    for column in grid.columns.iter().filter(|column| !grid.rows.contains(column)) {
        writeln!(out, "{}", name(*column))?;
    }
    grid.legend().iter().try_for_each(|(text, meaning)| writeln!(out, "{text} = {meaning}"))
}
