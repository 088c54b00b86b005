//! The files that `-f` names.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

const MIB: u64 = 1024 * 1024;
/// No collection of manifests is larger; a device that never ends is.
pub const MANIFESTS: u64 = 64 * MIB;
/// No dump of a cluster is larger.
pub const DUMP: u64 = 1024 * MIB;

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

    /// All that is in it, up to so many bytes.
    ///
    /// # Errors
    /// When it cannot be read, or has more.
    pub fn read(&self, limit: u64) -> Result<Vec<u8>, String> {
        let read = match self {
            Self::Stdin => limited(io::stdin().lock(), 0, limit),
            Self::File(path) => File::open(path).and_then(|file| {
                let size = file.metadata().map_or(0, |metadata| metadata.len());
                limited(file, size, limit)
            }),
        };
        read.map_err(|error| format!("{}: cannot be read: {error}", self.name()))
    }
}

/// `size` is what there probably is, so that a large file needs no more memory than that.
fn limited(reader: impl Read, size: u64, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(limit) + 1).unwrap_or_default());
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("it has more than {} MiB; split it", limit / MIB)));
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
