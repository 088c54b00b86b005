//! A picture of the matrix that needs nothing beside it: no font, no style sheet, no program that lays it out.
//!
//! Colours only help: what a cell means stands in it.

use std::{
    fmt::{self, Display},
    io::{self, Write},
};

use super::grid::{Cell, Grid};

/// Of a letter of the fixed-width font, in points of the picture; a bit more than it needs.
const LETTER: usize = 8;
const LINE: usize = 22;
const MARGIN: usize = 16;

/// Text as XML takes it.
struct Xml<'t>(&'t str);

impl Display for Xml<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                _ => write!(f, "{c}")?,
            }
        }
        Ok(())
    }
}

/// Where things stand.
struct Layout {
    /// Where the cells begin.
    left: usize,
    top: usize,
    /// Of a cell.
    width: usize,
    /// Of the picture.
    size: (usize, usize),
}

impl Layout {
    fn new(grid: &Grid<'_>, legend: &[String]) -> Self {
        let longest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or_default() * LETTER;
        let name = |end: &usize| grid.graph.ends[*end].text.chars().count();
        let cells = grid.rows.iter().flat_map(|row| grid.columns.iter().map(|column| grid.text(*row, *column).len()));
        let width = longest(&mut { cells }).max(LETTER) + LETTER;
        let left = MARGIN + longest(&mut grid.rows.iter().map(name)) + LETTER;
        // The names of columns lean to the right by 45 degrees: as high as wide.
        let lean = longest(&mut grid.columns.iter().map(name)) * 3 / 4;
        let top = MARGIN + lean + LETTER;
        let right = left + grid.columns.len() * width + lean;
        let of_legend = MARGIN + longest(&mut legend.iter().map(|text| text.chars().count()));
        let bottom = top + (grid.rows.len() + 1 + legend.len()) * LINE;
        Self { left, top, width, size: (right.max(of_legend) + MARGIN, bottom + MARGIN) }
    }
}

/// Draws it.
///
/// # Errors
/// When it cannot be written.
pub fn svg(grid: &Grid<'_>, out: &mut impl Write) -> io::Result<()> {
    let legend: Vec<_> = grid.legend().iter().map(|(text, meaning)| format!("{text} = {meaning}")).collect();
    let layout = Layout::new(grid, &legend);
    let (width, height) = layout.size;
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"monospace\" font-size=\"12\" fill=\"#000000\" role=\"img\">"
    )?;
    writeln!(out, "<title>Who may call whom: callers in rows, called in columns</title>")?;
    writeln!(out, "<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>")?;
    for (place, column) in grid.columns.iter().enumerate() {
        let (x, y) = (layout.left + place * layout.width + layout.width / 2, layout.top - LETTER);
        let name = Xml(&grid.graph.ends[*column].text);
        writeln!(out, "<text x=\"{x}\" y=\"{y}\" transform=\"rotate(-45 {x} {y})\">{name}</text>")?;
    }
    for (place, row) in grid.rows.iter().enumerate() {
        let y = layout.top + place * LINE;
        let (x, base) = (layout.left - LETTER, y + LINE * 2 / 3);
        let name = Xml(&grid.graph.ends[*row].text);
        writeln!(out, "<text x=\"{x}\" y=\"{base}\" text-anchor=\"end\">{name}</text>")?;
        for (place, column) in grid.columns.iter().enumerate() {
            cell(grid, (*row, *column), (layout.left + place * layout.width, y), layout.width, out)?;
        }
    }
    for (place, line) in legend.iter().enumerate() {
        let y = layout.top + (grid.rows.len() + 1 + place) * LINE;
        writeln!(out, "<text x=\"{MARGIN}\" y=\"{y}\">{}</text>", Xml(line))?;
    }
    writeln!(out, "</svg>")
}

fn cell(
    grid: &Grid<'_>,
    (row, column): (usize, usize),
    (x, y): (usize, usize),
    width: usize,
    out: &mut impl Write,
) -> io::Result<()> {
    let text = grid.text(row, column);
    let fill = match grid.cell(row, column) {
        _ if grid.is_outside_the_map(row, column) => "#e0e0e0",
        Cell { ports: Some(ports), .. } if ports.is_all() => "#f4b183",
        Cell { ports: Some(_), .. } => "#bdd7ee",
        Cell { unknown: true, .. } => "#fff2cc",
        Cell { .. } => "#ffffff",
    };
    let ends = &grid.graph.ends;
    let meaning = match grid.cell(row, column).ports {
        Some(ports) => ports.to_string(),
        None => text.clone(),
    };
    // Shown by browsers where the pointer rests.
    let title = format!("{} => {} : {meaning}", ends[row].text, ends[column].text);
    let (middle, base) = (x + width / 2, y + LINE * 2 / 3);
    writeln!(
        out,
        "<g><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{LINE}\" fill=\"{fill}\" stroke=\"#808080\"/>\
         <text x=\"{middle}\" y=\"{base}\" text-anchor=\"middle\">{}</text></g>",
        Xml(&title),
        Xml(&text)
    )
}
