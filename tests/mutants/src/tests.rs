//! The tests that mistakes are tried with.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    copy::Copy,
    error::Error,
    run::{Fate, run},
};

/// A test binary.
#[derive(Debug)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// The program.
    pub program: PathBuf,
    /// How long it takes when all is well.
    pub takes: Duration,
}

/// Builds the tests, and runs each as it is; the quickest first.
pub fn build(copy: &Copy, names: &[String]) -> Result<Vec<Test>, Error> {
    let mut arguments = vec!["test", "--no-run", "--message-format=json", "--package", "appnet", "--lib", "--bins"];
    for name in names {
        arguments.extend(["--test", name]);
    }
    let output = copy.cargo(arguments).output().map_err(|error| Error::Start("cargo", error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n");
        return Err(Error::Failed { what: "cargo test --no-run in the copy", said });
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut tests = Vec::new();
    for line in text.lines() {
        let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
        let kind = line["target"]["kind"][0].as_str().unwrap_or_default();
        if line["profile"]["test"] == true
            && kind != "bin"
            && let (Some(name), Some(program)) = (line["target"]["name"].as_str(), line["executable"].as_str())
        {
            tests.push(Test { name: name.to_owned(), program: program.into(), takes: Duration::ZERO });
        }
    }
    for test in &mut tests {
        let began = Instant::now();
        let log = copy.folder.join(format!("{}.log", test.name));
        if run(copy, test, None, Duration::from_mins(30), Some(&log))? != Fate::Survives {
            return Err(Error::FailsAsItIs(test.name.clone(), log));
        }
        test.takes = began.elapsed();
        println!("{:<22} {:>5.1} s", test.name, test.takes.as_secs_f64());
    }
    tests.sort_by_key(|test| test.takes);
    Ok(tests)
}
