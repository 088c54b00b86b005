//! `map`: who may reach whom, in the forms that people and programs read.

mod args;
mod block;
mod csv;
mod disjoint;
mod document;
mod document_exposure;
mod dot;
mod exposure;
mod filter;
mod graph;
mod grid;
mod json;
mod list;
mod matrix;
mod md;
mod mermaid;
mod partial;
mod parts;
mod per_ports;
mod ports_row;
mod said;
mod svg;
mod yaml;

use std::{
    io::{self, BufWriter, Write},
    mem::ManuallyDrop,
};

pub use args::{EXAMPLES, EXITS, MapArgs, MapOutput};
pub use filter::FilterArgs;
pub use list::list;

use self::{
    graph::{Graph, TooMany},
    grid::Grid,
    json::Json,
    said::Said,
    yaml::Yaml,
};
use super::{Outcome, state::State};
use crate::reach::{Grain, Map, Node, Picture, Reach};

/// Written at once: every call to the system costs.
const CHUNK: usize = 1 << 16;
/// The most ends of a matrix that a terminal shows.
const MOST_OF_MATRIX: usize = 40;
/// The most ends of a picture that anyone reads.
const MOST_OF_SVG: usize = 150;

/// What is written, in whatever form.
struct Scene<'s, 'r> {
    map: &'s mut Map<'r>,
    reach: &'r Reach,
    picture: &'r Picture,
    /// What was said on standard error while the state was read.
    notes: Vec<String>,
    partial: bool,
    exposure: bool,
}

/// Why nothing could be written.
enum Stop {
    Unwritable(io::Error),
    Refused(String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Unwritable(error)
    }
}

impl Scene<'_, '_> {
    /// The nodes that were asked for, whether they speak with anyone or not.
    fn asked_nodes(&self) -> impl Iterator<Item = &Node> {
        let nodes = self.map.nodes().all().iter().enumerate();
        nodes.filter(|(position, _)| self.map.chosen().names(*position)).map(|(_, node)| node)
    }

    fn graph(&mut self, most: usize, with_unknown: bool) -> Result<Graph, Stop> {
        Graph::collect(self.map, most, with_unknown).map_err(|TooMany| too_many(most))
    }

    fn table(&mut self, most: usize) -> Result<Graph, Stop> {
        let graph = self.graph(most, true)?.disjoint();
        if graph.ends.len() > most { Err(too_many(most)) } else { Ok(graph) }
    }

    /// Writes the map. How many lines it has.
    fn write(&mut self, output: MapOutput, out: &mut impl Write) -> Result<usize, Stop> {
        if self.exposure && !output.has_exposure() {
            return Err(Stop::Refused("--exposure has no place in this format; use -o list, json or yaml".into()));
        }
        // A matrix may be refused, and before an error nothing is printed.
        if self.partial && output != MapOutput::Matrix {
            partial::say(output, out)?;
        }
        Ok(match output {
            MapOutput::List => {
                let lines = list(self.map, out)?;
                if self.exposure {
                    exposure::exposure(self, out)?;
                }
                lines
            }
            MapOutput::Csv => csv::csv(self.map, out)?,
            MapOutput::Md => md::md(self.map, out)?,
            MapOutput::Json => document::document(self, &mut Json::new(out))?,
            MapOutput::Yaml => document::document(self, &mut Yaml::new(out))?,
            MapOutput::Matrix => {
                let graph = self.table(MOST_OF_MATRIX)?;
                if self.partial {
                    partial::say(output, out)?;
                }
                matrix::matrix(&Grid::new(&graph), out)?;
                graph.edges.len()
            }
            MapOutput::Svg => {
                let graph = self.table(MOST_OF_SVG)?;
                svg::svg(&Grid::new(&graph), out)?;
                graph.edges.len()
            }
            MapOutput::Mermaid => {
                let graph = self.graph(usize::MAX, false)?;
                mermaid::mermaid(&graph, out)?;
                graph.edges.len()
            }
            MapOutput::Dot => {
                let graph = self.graph(usize::MAX, false)?;
                dot::dot(&graph, out)?;
                graph.edges.len()
            }
        })
    }
}

fn too_many(most: usize) -> Stop {
    Stop::Refused(format!(
        "more than {most} workloads and addresses are too many for this format; name some with --only, --from or --to, or \
         use another format, as -o list"
    ))
}

/// Runs the verb.
///
/// # Errors
/// When `out` or `err` cannot be written.
pub fn run(args: &MapArgs, out: &mut impl Write, err: &mut impl Write) -> io::Result<Outcome> {
    let mut said = Said::new(err);
    let Some(state) = State::read(&args.state, &mut said)? else { return Ok(Outcome::Failed) };
    // The process ends with this verb. To give back the parts of a large cluster one by one would take a tenth of its time.
    let mut state = ManuallyDrop::new(state);
    let Some(completed) = state.complete(args.config.as_deref(), &mut said)? else { return Ok(Outcome::Failed) };
    completed.notes.iter().try_for_each(|note| writeln!(said, "note: {note}"))?;
    let notes = said.lines();
    let picture = &state.reading.picture;
    let reach = ManuallyDrop::new(Reach::new(picture));
    let grain = if args.pods { Grain::Pods } else { Grain::Workloads };
    let mut map = ManuallyDrop::new(Map::new(&reach, picture, grain));
    // A map of nothing looks like the map of a cluster in which nobody may speak.
    if map.nodes().all().is_empty() {
        writeln!(err, "error: nothing to map: no Pod and no workload was found")?;
        return Ok(Outcome::Failed);
    }
    // Of files it is the namespace of what names none; of a cluster it says what is asked for, as for `kubectl get`.
    let namespace = args.state.namespace.as_ref().filter(|_| args.state.files.is_empty());
    match args.filter.choose(namespace, &reach, map.nodes()) {
        Ok(chosen) => map.choose(chosen),
        Err(misses) => {
            misses.iter().try_for_each(|miss| writeln!(err, "error: {miss}"))?;
            return Ok(Outcome::Failed);
        }
    }
    let exposure = args.exposure;
    let mut scene = Scene { map: &mut map, reach: &reach, picture, notes, partial: state.partial, exposure };
    let mut buffer = BufWriter::with_capacity(CHUNK, out);
    match scene.write(args.output, &mut buffer) {
        Ok(lines) => {
            buffer.flush()?;
            if lines == 0 {
                writeln!(err, "no connection is allowed here for certain")?;
            }
            if args.output == MapOutput::Mermaid && lines > mermaid::MOST_EDGES {
                let most = mermaid::MOST_EDGES;
                writeln!(err, "{lines} arrows: Mermaid draws no more than {most}, unless its maxEdges is raised")?;
            }
        }
        Err(Stop::Unwritable(error)) => return Err(error),
        Err(Stop::Refused(why)) => {
            writeln!(err, "error: {why}")?;
            return Ok(Outcome::Failed);
        }
    }
    Ok(if state.partial { Outcome::Failed } else { Outcome::Fine })
}
