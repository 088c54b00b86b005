//! The lines of one caller, in one piece. The next caller often may call the same, and then only its name is put into the
//! piece: a large map is mostly such callers, and copying every line for each of them would be most of the work.

use std::io::{self, Write};

use super::list::Halves;
use crate::reach::{AddressSpan, Edge, MapEnd, PortTable, PortsId, Row};

/// A name is changed by so many bytes at once where that is enough; with a fixed number it is a single store.
const STEP: usize = 8;

/// The lines of one caller.
#[derive(Default)]
pub(super) struct Block {
    text: Vec<u8>,
    /// Where each line begins, and where the last one ends.
    starts: Vec<usize>,
    /// Whose lines: what they begin with.
    caller: Vec<u8>,
    /// What they were made of.
    outside: Vec<(AddressSpan, PortsId)>,
    edges: Vec<Edge>,
}

impl Block {
    /// Writes the lines of all callers of a row. How many there are.
    pub(super) fn write(
        &mut self,
        row: Row<'_>,
        halves: &mut Halves,
        table: &PortTable,
        out: &mut impl Write,
    ) -> io::Result<usize> {
        let mut same = self.outside == row.outside && self.edges == row.edges;
        let mut count = 0;
        for caller in row.callers {
            if same && self.caller.len() == caller.text.len() {
                self.rename(caller.text.as_bytes());
            } else {
                self.fill(caller.text.as_bytes(), row, halves, table)?;
                same = true;
            }
            count += row.outside.len() + row.edges.len();
            match row.own_edge(caller) {
                None => out.write_all(&self.text)?,
                Some(position) => {
                    let line = row.outside.len() + position;
                    out.write_all(&self.text[..self.starts[line]])?;
                    out.write_all(&self.text[self.starts[line + 1]..])?;
                    count -= 1;
                }
            }
        }
        Ok(count)
    }

    /// Puts the lines together.
    fn fill(&mut self, caller: &[u8], row: Row<'_>, halves: &mut Halves, table: &PortTable) -> io::Result<()> {
        self.text.clear();
        self.starts.clear();
        self.caller.clear();
        self.caller.extend_from_slice(caller);
        let outside = row.outside.iter().map(|(span, ports)| (MapEnd::Addresses(*span), *ports));
        let edges = row.edges.iter().map(|edge| (MapEnd::Node(row.called(*edge)), edge.ports));
        for (to, ports) in outside.chain(edges) {
            self.starts.push(self.text.len());
            self.text.extend_from_slice(caller);
            halves.second(to, ports, table, &mut self.text)?;
        }
        self.starts.push(self.text.len());
        self.outside.clear();
        self.outside.extend_from_slice(row.outside);
        self.edges.clear();
        self.edges.extend_from_slice(row.edges);
        Ok(())
    }

    /// Makes them the lines of another caller, whose name is as long.
    fn rename(&mut self, caller: &[u8]) {
        let differs = |(old, new): (&u8, &u8)| old != new;
        let Some(first) = self.caller.iter().zip(caller).position(differs) else { return };
        let end = self.caller.iter().zip(caller).rposition(differs).map_or(first, |last| last + 1);
        self.caller.copy_from_slice(caller);
        let lines = &self.starts[..self.starts.len().saturating_sub(1)];
        let begin = first.min(caller.len().saturating_sub(STEP));
        match caller[begin..].first_chunk::<STEP>() {
            Some(new) if end <= begin + STEP => {
                for start in lines {
                    self.text[start + begin..start + begin + STEP].copy_from_slice(new);
                }
            }
            _ => {
                for start in lines {
                    self.text[start + first..start + end].copy_from_slice(&caller[first..end]);
                }
            }
        }
    }
}
