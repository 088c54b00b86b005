//! The copy of the tree, in which all mistakes are.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{
    error::Error,
    list::Mutant,
    switch::switches,
    wraps::{Wrap, Wrapped, apply},
};

/// A copy of the tree.
#[derive(Debug)]
pub struct Copy {
    /// Where it is.
    pub tree: PathBuf,
    /// Where what is said about it goes.
    pub folder: PathBuf,
    root: PathBuf,
}

/// What asks which mistake is on. It goes to the end of the library's first file.
const QUESTION: &str = r#"
/// Is this mistake on?
#[doc(hidden)]
#[must_use]
pub fn mutant(id: u32) -> bool {
    static ON: std::sync::OnceLock<Option<u32>> = std::sync::OnceLock::new();
    *ON.get_or_init(|| std::env::var("APPNET_MUTANT").ok().and_then(|text| text.parse().ok())) == Some(id)
}
"#;

/// How often mistakes that do not compile are taken out, before something else must be wrong.
const ROUNDS: usize = 40;

impl Copy {
    /// Copies what git would commit now.
    pub fn make(root: &Path, folder: &Path) -> Result<Self, Error> {
        let copy = Self { tree: folder.join("tree"), folder: folder.to_owned(), root: root.to_owned() };
        if copy.tree.exists() {
            fs::remove_dir_all(&copy.tree).map_err(|error| Error::File(copy.tree.clone(), error))?;
        }
        let listed = Command::new("git")
            .args(["-C"])
            .arg(root)
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .output()
            .map_err(|error| Error::Start("git", error))?;
        for name in listed.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
            let name = String::from_utf8_lossy(name).into_owned();
            let (from, to) = (root.join(&name), copy.tree.join(&name));
            if from.is_file() {
                let above = to.parent().unwrap_or(&copy.tree);
                fs::create_dir_all(above).map_err(|error| Error::File(above.to_owned(), error))?;
                fs::copy(&from, &to).map_err(|error| Error::File(from.clone(), error))?;
            }
        }
        // Switches would not pass the lints, and tests of the sources would complain.
        let manifest = copy.read("Cargo.toml")?.replace("[lints]\nworkspace = true\n", "");
        copy.write("Cargo.toml", &format!("{manifest}\n[profile.dev.package.\"*\"]\nopt-level = 2\n[profile.dev.package.appnet]\nopt-level = 2\ndebug = false\n"))?;
        let library = copy.read("src/lib.rs")?;
        copy.write("src/lib.rs", &(library + QUESTION))?;
        Ok(copy)
    }

    fn read(&self, name: &str) -> Result<String, Error> {
        let path = self.tree.join(name);
        fs::read_to_string(&path).map_err(|error| Error::File(path, error))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        let path = self.tree.join(name);
        fs::write(&path, text).map_err(|error| Error::File(path, error))
    }

    /// cargo, as it is used in the copy.
    pub fn cargo(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(&self.tree).args(arguments).env("CARGO_TARGET_DIR", self.folder.join("target"));
        cargo.stdin(Stdio::null());
        cargo
    }

    /// Puts the mistakes into the copy, as many as compile; why the others are left out.
    pub fn switch(&self, mutants: &[Mutant]) -> Result<BTreeMap<usize, String>, Error> {
        let mut of_file: BTreeMap<&str, Vec<(usize, &Mutant)>> = BTreeMap::new();
        for (id, mutant) in mutants.iter().enumerate() {
            of_file.entry(&mutant.file).or_default().push((id, mutant));
        }
        let mut left_out = BTreeMap::new();
        let mut sources = BTreeMap::new();
        for (file, mutants) in &of_file {
            let path = self.root.join(file);
            let source = fs::read_to_string(&path).map_err(|error| Error::File(path, error))?;
            let (wraps, refused) = switches(&source, mutants)?;
            left_out.extend(refused);
            sources.insert(*file, (source, wraps));
        }
        for round in 1..=ROUNDS {
            let mut written = BTreeMap::new();
            for (file, (source, wraps)) in &sources {
                let wrapped = apply(source, wraps);
                self.write(file, &wrapped.text)?;
                written.insert(*file, wrapped);
            }
            let errors = self.errors()?;
            if errors.is_empty() {
                return Ok(left_out);
            }
            let blamed = blame(&errors, &written);
            println!("round {round}: {} errors, {} mistakes are left out", errors.len(), blamed.len());
            if blamed.is_empty() {
                let said: Vec<_> = errors.iter().map(|error| error.said.as_str()).collect();
                return Err(Error::NobodyToBlame(said.join("\n")));
            }
            for (_, wraps) in sources.values_mut() {
                *wraps = std::mem::take(wraps).into_iter().filter_map(|wrap| without(wrap, &blamed)).collect();
            }
            left_out.extend(blamed);
        }
        Err(Error::NobodyToBlame(format!("still errors after {ROUNDS} rounds")))
    }

    /// What the compiler says about the library.
    fn errors(&self) -> Result<Vec<CompileError>, Error> {
        let output = self
            .cargo(["build", "--lib", "--package", "appnet", "--message-format=json", "--quiet"])
            .output()
            .map_err(|error| Error::Start("cargo", error))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let errors: Vec<_> =
            text.lines().filter_map(|line| CompileError::read(&serde_json::from_str(line).ok()?)).collect();
        if errors.is_empty() && !output.status.success() {
            return Err(Error::NobodyToBlame(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        Ok(errors)
    }
}

struct CompileError {
    said: String,
    places: Vec<(String, usize, usize)>,
}

impl CompileError {
    fn read(line: &Value) -> Option<Self> {
        let message = &line["message"];
        (line["reason"] == "compiler-message" && message["level"] == "error").then_some(())?;
        let places = message["spans"].as_array()?.iter().filter(|span| span["is_primary"] == true).filter_map(|span| {
            let byte = |name| usize::try_from(span[name].as_u64()?).ok();
            Some((span["file_name"].as_str()?.to_owned(), byte("byte_start")?, byte("byte_end")?))
        });
        let places: Vec<_> = places.collect();
        // The last line only counts the others.
        (!places.is_empty()).then(|| Self { said: message["rendered"].as_str().unwrap_or_default().to_owned(), places })
    }
}

/// The mistakes that errors are about: those whose text the error points at; else those around the place.
fn blame(errors: &[CompileError], written: &BTreeMap<&str, Wrapped>) -> BTreeMap<usize, String> {
    let mut blamed = BTreeMap::new();
    for error in errors {
        let first = error.said.lines().next().unwrap_or_default().to_owned();
        for (file, start, end) in &error.places {
            let Some(wrapped) = written.get(file.as_str()) else { continue };
            let touched: BTreeSet<_> = wrapped
                .pieces
                .iter()
                .filter(|(_, piece)| piece.start < *end && *start < piece.end)
                .map(|(id, _)| *id)
                .collect();
            let around = || {
                let parts = wrapped.parts.iter().filter(|(ids, part)| !ids.is_empty() && part.contains(start));
                parts.min_by_key(|(_, part)| part.len()).map(|(ids, _)| ids.iter().copied().collect())
            };
            let ids = if touched.is_empty() { around().unwrap_or_default() } else { touched };
            blamed.extend(ids.into_iter().map(|id| (id, first.clone())));
        }
    }
    blamed
}

/// A wrap without some mistakes; nothing when none of those that it had is left.
fn without(mut wrap: Wrap, blamed: &BTreeMap<usize, String>) -> Option<Wrap> {
    let of_mistakes = |wrap: &Wrap| wrap.open.iter().any(|piece| piece.id.is_some());
    let had = of_mistakes(&wrap);
    wrap.open.retain(|piece| piece.id.is_none_or(|id| !blamed.contains_key(&id)));
    (!had || of_mistakes(&wrap)).then_some(wrap)
}
