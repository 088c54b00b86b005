//! The files that `-f` names.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

/// No collection of manifests is larger; a device that never ends is.
const FILE_LIMIT: u64 = 64 * 1024 * 1024;

/// Something to read.
#[derive(Debug, PartialEq, Eq)]
pub enum Input {
    /// Standard input, named `-`.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Input {
    /// The name that findings carry.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Stdin => "<stdin>".into(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// All that is in it.
    ///
    /// # Errors
    /// When it cannot be read, or does not end.
    pub fn read(&self) -> Result<Vec<u8>, String> {
        let read = match self {
            Self::Stdin => limited(io::stdin().lock()),
            Self::File(path) => File::open(path).and_then(limited),
        };
        read.map_err(|error| format!("{}: cannot be read: {error}", self.name()))
    }
}

fn limited(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(FILE_LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_LIMIT {
        return Err(io::Error::other("it has more than 64 MiB; split it"));
    }
    Ok(bytes)
}

/// The inputs that the names stand for, in their order; those in a directory sorted. A name that stands for nothing is
/// an error, because a check of nothing looks like a check that passed.
#[must_use]
pub fn inputs(names: &[PathBuf]) -> Vec<Result<Input, String>> {
    names.iter().flat_map(|name| inputs_of(name)).collect()
}

fn inputs_of(name: &Path) -> Vec<Result<Input, String>> {
    if name == Path::new("-") {
        return vec![Ok(Input::Stdin)];
    }
    let of_directory = || {
        let mut files = Vec::new();
        walk(name, &mut files)?;
        files.sort();
        Ok::<_, String>(files)
    };
    match fs::metadata(name).map(|metadata| metadata.is_dir()) {
        Err(error) => vec![Err(format!("{}: cannot be read: {error}", name.display()))],
        Ok(false) => vec![Ok(Input::File(name.to_owned()))],
        Ok(true) => match of_directory() {
            Err(error) => vec![Err(error)],
            Ok(files) if files.is_empty() => {
                vec![Err(format!("{}: has no file that ends in .yaml, .yml or .json", name.display()))]
            }
            Ok(files) => files.into_iter().map(|file| Ok(Input::File(file))).collect(),
        },
    }
}

/// Links to files are followed, links to directories are not: they may lead round in a circle.
fn walk(directory: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let unreadable = |error: io::Error| format!("{}: cannot be read: {error}", directory.display());
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        if entry.file_type().map_err(unreadable)?.is_dir() {
            walk(&path, files)?;
        } else if is_manifest(&path) && !path.is_dir() {
            files.push(path);
        }
    }
    Ok(())
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|end| ["yaml", "yml", "json"].iter().any(|known| end == *known))
}
