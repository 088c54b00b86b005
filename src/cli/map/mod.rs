//! `map`: who may reach whom, in the forms that people and programs read.

mod args;
mod list;

use std::io::{self, Write};

pub use args::{EXAMPLES, EXITS, MapArgs, MapOutput};
pub use list::list;

use super::{Outcome, state::State};
use crate::reach::{Grain, Map, Reach};

/// Runs the verb.
///
/// # Errors
/// When `out` or `err` cannot be written.
pub fn run(args: &MapArgs, out: &mut impl Write, err: &mut impl Write) -> io::Result<Outcome> {
    let Some(state) = State::read(&args.state, err)? else { return Ok(Outcome::Failed) };
    let picture = &state.reading.picture;
    let reach = Reach::new(picture);
    let grain = if args.pods { Grain::Pods } else { Grain::Workloads };
    let mut map = Map::new(&reach, picture, grain);
    match args.output {
        MapOutput::List => list(&mut map, &mut io::BufWriter::new(&mut *out))?,
    }
    Ok(if state.partial { Outcome::Failed } else { Outcome::Fine })
}
