//! Mistakes, tried one after the other.

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{copy::Copy, error::Error, fates::Fates, list::Mutant, tests::Test};

/// What became of a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// This test binary failed.
    Caught(String),
    /// This one did not end.
    TimedOut(String),
    /// Nothing was noticed.
    Survives,
}

/// As many settings as make the tests quick, and still thorough enough to notice.
const SETTINGS: [(&str, &str); 5] = [
    ("APPNET_FUZZ_CASES", "80"),
    ("APPNET_FUZZ_TOLD", "0"),
    ("APPNET_DECLARED_CASES", "60"),
    // A machine that makes files of failed cases would not stop.
    ("PROPTEST_FAILURE_PERSISTENCE", "off"),
    // That something failed is all that is asked: the smallest case that does so is not searched for.
    ("PROPTEST_MAX_SHRINK_ITERS", "0"),
];

/// How much longer than without a mistake a test may take: others work on the machine too.
const PATIENCE: u32 = 5;
const AT_LEAST: Duration = Duration::from_secs(40);

/// Tries all of these.
pub fn all(
    (copy, notes): (&Copy, &Fates),
    tests: &[Test],
    ids: &[usize],
    mutants: &[Mutant],
    jobs: usize,
) -> Result<BTreeMap<usize, Fate>, Error> {
    let next = AtomicUsize::new(0);
    let fates = Mutex::new(BTreeMap::new());
    let caught_last = Mutex::new(HashMap::new());
    let began = Instant::now();
    let worker = || -> Result<(), Error> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(&id) = ids.get(number) else { return Ok(()) };
            let file = mutants[id].file.as_str();
            let first = locked(&caught_last).get(file).copied();
            let (fate, by) = one(copy, tests, first, id)?;
            locked(&caught_last).extend(by.map(|by| (file, by)));
            notes.note(&mutants[id], &fate)?;
            match &fate {
                Fate::Survives => println!("SURVIVES  {}", mutants[id].name),
                Fate::TimedOut(test) => println!("timed out {} ({test})", mutants[id].name),
                Fate::Caught(_) => {}
            }
            let mut fates = locked(&fates);
            fates.insert(id, fate);
            if fates.len() % 50 == 0 {
                println!("{} of {} tried in {} s", fates.len(), ids.len(), began.elapsed().as_secs());
            }
        }
    };
    let ended: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    for end in ended {
        end.unwrap_or(Ok(()))?;
    }
    Ok(fates.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}

fn locked<T>(what: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    what.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// What becomes of one, and the test that tells. The one that caught the last mistake of the same file is tried first: it is
/// likely to catch this one too, and may be slow.
fn one(copy: &Copy, tests: &[Test], first: Option<usize>, id: usize) -> Result<(Fate, Option<usize>), Error> {
    let others = (0..tests.len()).filter(|number| Some(*number) != first);
    for number in first.into_iter().chain(others) {
        let test = &tests[number];
        let fate = run(copy, test, Some(id), (test.takes * PATIENCE).max(AT_LEAST), None)?;
        if fate != Fate::Survives {
            return Ok((fate, Some(number)));
        }
    }
    Ok((Fate::Survives, None))
}

/// Runs a test binary with a mistake, or without. The first test that fails is enough: the others would only take time.
pub fn run(copy: &Copy, test: &Test, id: Option<usize>, patience: Duration, log: Option<&Path>) -> Result<Fate, Error> {
    let output = || match log {
        None => Ok(Stdio::null()),
        Some(path) => File::options()
            .create(true)
            .append(true)
            .open(path)
            .map(Stdio::from)
            .map_err(|error| Error::File(path.to_owned(), error)),
    };
    let mut command = Command::new(&test.program);
    command.current_dir(&copy.tree).envs(SETTINGS).stdin(Stdio::null()).stderr(output()?);
    command.env("CARGO_MANIFEST_DIR", &copy.tree);
    match id {
        Some(id) => command.env("APPNET_MUTANT", id.to_string()).stdout(Stdio::piped()),
        None => command.stdout(output()?),
    };
    let mut child = command.spawn().map_err(|error| Error::Start("a test binary", error))?;
    let failed = Arc::new(AtomicBool::new(false));
    if let Some(said) = child.stdout.take() {
        let failed = Arc::clone(&failed);
        // It ends with the program, whose end of the pipe it reads.
        thread::spawn(move || {
            for line in BufReader::new(said).lines().map_while(Result::ok) {
                if line.starts_with("test ") && line.ends_with("... FAILED") {
                    failed.store(true, Ordering::Relaxed);
                }
            }
        });
    }
    let began = Instant::now();
    loop {
        let ended = child.try_wait().map_err(|error| Error::Start("a test binary", error))?;
        let fate = match ended {
            Some(status) if status.success() => return Ok(Fate::Survives),
            Some(_) => return Ok(Fate::Caught(test.name.clone())),
            None if failed.load(Ordering::Relaxed) => Fate::Caught(test.name.clone()),
            None if began.elapsed() > patience => Fate::TimedOut(test.name.clone()),
            None => {
                thread::sleep(Duration::from_millis(10));
                continue;
            }
        };
        // It is ours, and may have ended meanwhile.
        let _ = child.kill();
        let _ = child.wait();
        return Ok(fate);
    }
}
