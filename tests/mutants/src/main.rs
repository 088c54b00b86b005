//! What cargo-mutants does, in one build instead of one for each mistake.
//!
//! cargo-mutants makes the list of mistakes. This program puts all of them into one copy of the tree, each behind a switch
//! (`if mutant(17) { the mistake } else { what stood there }`), builds the tests once, and runs them once for each mistake, the
//! quick ones first, until one fails. What does not compile behind a switch is told, and left to cargo-mutants itself.
//!
//! `cargo run -p appnet-mutants -- --help` says how it is called.

mod copy;
mod error;
mod fates;
mod known;
mod list;
mod place;
mod report;
mod run;
mod switch;
mod tests;
mod wraps;

use std::{path::PathBuf, process::ExitCode};

use error::Error;

const HELP: &str = "\
Breaks the program on purpose, and says which mistakes no test notices.

  cargo run -p appnet-mutants -- [--jobs N] [--only TEXT] [--resume] GLOB...

  GLOB          sources to break, as 'src/reach/**'
  --jobs N      mistakes that are tried at the same time (1)
  --only TEXT   only mistakes whose name contains this
  --resume      go on with a run that was stopped: what is in target/mutants/fates.tsv is not tried again
  --tests A,B   these test binaries, and those of the library

It needs cargo-mutants (cargo install --locked cargo-mutants), and what the chosen tests need. The copy is in target/mutants,
and what became of each mistake in target/mutants/report.tsv. A mistake that survives and that tests/mutants/survivors.txt
does not name is a failure: exit code 1.";

/// What the command line asks for.
#[derive(Debug)]
struct Asked {
    globs: Vec<String>,
    only: Option<String>,
    jobs: usize,
    resume: bool,
    tests: Vec<String>,
}

/// Test binaries that hold the code of the evaluator, of generation and of planning against something else than itself.
const TESTS: &str = "drift,stages,second_opinion,declared,truth_tables,properties,the_usual_policies,render,examples,plan,explain,map,oracle,resolution";

fn main() -> ExitCode {
    let Some(asked) = read(std::env::args().skip(1)) else {
        println!("{HELP}");
        return ExitCode::from(2);
    };
    match work(&asked) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn read(mut words: impl Iterator<Item = String>) -> Option<Asked> {
    let split = |text: &str| text.split(',').map(str::to_owned).collect();
    let mut asked = Asked { globs: Vec::new(), only: None, jobs: 1, resume: false, tests: split(TESTS) };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--jobs" => asked.jobs = words.next()?.parse().ok().filter(|jobs| *jobs > 0)?,
            "--only" => asked.only = Some(words.next()?),
            "--resume" => asked.resume = true,
            "--tests" => asked.tests = split(&words.next()?),
            flag if flag.starts_with('-') => return None,
            _ => asked.globs.push(word),
        }
    }
    (!asked.globs.is_empty()).then_some(asked)
}

/// True when no mistake survives that is not known to.
fn work(asked: &Asked) -> Result<bool, Error> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().map_err(Error::Tree)?;
    let known = known::read(&root.join("tests/mutants/survivors.txt"))?;
    let mut mutants = list::list(&root, &asked.globs)?;
    if let Some(only) = &asked.only {
        mutants.retain(|mutant| mutant.name.contains(only.as_str()));
    }
    println!("{} mistakes", mutants.len());
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let copy = copy::Copy::make(&root, &target.join("mutants"))?;
    let left_out = copy.switch(&mutants)?;
    for (id, why) in &left_out {
        println!("not switched: {}: {why}", mutants[*id].name);
    }
    let tests = tests::build(&copy, &asked.tests)?;
    let (file, mut fates) = fates::Fates::open(&copy, asked.resume, &mutants)?;
    let is_new = |id: &usize| !left_out.contains_key(id) && !fates.contains_key(id);
    let tried: Vec<_> = (0..mutants.len()).filter(is_new).collect();
    println!("{} to be tried, {} are known", tried.len(), fates.len());
    fates.extend(run::all((&copy, &file), &tests, &tried, &mutants, asked.jobs)?);
    report::tell(&copy, &mutants, &fates, &left_out, &known)
}
