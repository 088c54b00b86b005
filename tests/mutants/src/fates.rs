//! What became of mistakes, line by line as it is known, so that a run that was stopped can go on.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write,
    path::PathBuf,
    sync::Mutex,
};

use crate::{copy::Copy, error::Error, list::Mutant, run::Fate};

/// The file of a run.
#[derive(Debug)]
pub struct Fates {
    path: PathBuf,
    file: Mutex<File>,
}

impl Fates {
    /// Opens the file; with what stands in it when the run goes on, else empty.
    pub fn open(copy: &Copy, resume: bool, mutants: &[Mutant]) -> Result<(Self, BTreeMap<usize, Fate>), Error> {
        let path = copy.folder.join("fates.tsv");
        let text = if resume { fs::read_to_string(&path).unwrap_or_default() } else { String::new() };
        let by_name: BTreeMap<&str, Fate> = text.lines().filter_map(read).collect();
        let known = mutants
            .iter()
            .enumerate()
            .filter_map(|(id, mutant)| Some((id, by_name.get(mutant.name.as_str())?.clone())));
        let known = known.collect();
        let file = File::options().create(true).append(true).truncate(false).open(&path);
        let file = file.map_err(|error| Error::File(path.clone(), error))?;
        if !resume {
            file.set_len(0).map_err(|error| Error::File(path.clone(), error))?;
        }
        Ok((Self { path, file: Mutex::new(file) }, known))
    }

    /// Notes what became of one.
    pub fn note(&self, mutant: &Mutant, fate: &Fate) -> Result<(), Error> {
        let word = match fate {
            Fate::Caught(test) => format!("caught\t{test}"),
            Fate::TimedOut(test) => format!("timed out\t{test}"),
            Fate::Survives => "survives\t".to_owned(),
        };
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        writeln!(file, "{}\t{word}", mutant.name).map_err(|error| Error::File(self.path.clone(), error))
    }
}

fn read(line: &str) -> Option<(&str, Fate)> {
    let [name, word, test] = line.split('\t').collect::<Vec<_>>()[..] else { return None };
    let fate = match word {
        "caught" => Fate::Caught(test.to_owned()),
        "timed out" => Fate::TimedOut(test.to_owned()),
        "survives" => Fate::Survives,
        _ => return None,
    };
    Some((name, fate))
}
