//! A folder of manifests, read by the product's own reader; and what stands in them, read by nobody else.

use std::{
    fs,
    path::{Path, PathBuf},
};

use appnet::{
    cli::{
        inputs,
        read::{Reader, Reading},
    },
    reach::Reach,
};
use serde_json::Value;

/// Larger than any file here.
const LIMIT: u64 = 16 * 1024 * 1024;

/// A state of a cluster.
pub struct State {
    pub folder: PathBuf,
    /// Every object of the files as it stands there, lists taken apart.
    pub objects: Vec<Value>,
    pub reading: Reading,
    pub reach: Reach,
}

impl State {
    pub fn read(folder: &Path) -> Self {
        Self::read_with(folder, |text| text)
    }

    /// Reads texts that a test has changed first.
    pub fn read_with(folder: &Path, change: impl Fn(String) -> String) -> Self {
        let mut reader = Reader::new("default");
        let mut objects = Vec::new();
        for input in inputs(&[folder.to_owned()]) {
            let input = input.unwrap_or_else(|error| panic!("{error}"));
            let bytes = input.read(LIMIT).unwrap_or_else(|error| panic!("{error}"));
            let text = change(String::from_utf8(bytes).unwrap_or_else(|error| panic!("{}: {error}", input.name())));
            reader.add_bytes(&input.name(), text.as_bytes());
            objects.extend(all_objects(&input.name(), &text));
        }
        let reading = reader.finish();
        let reach = Reach::new(&reading.picture);
        Self { folder: folder.to_owned(), objects, reading, reach }
    }

    /// The same, with Pods on the host network taken for ordinary Pods.
    pub fn without_host_network(mut self) -> Self {
        self.reading.picture.pods.iter_mut().for_each(|pod| pod.host_network = false);
        self.reach = Reach::new(&self.reading.picture);
        self
    }

    /// What the reader has to complain about.
    pub fn problems(&self) -> Vec<String> {
        self.reading.problems.iter().map(ToString::to_string).collect()
    }
}

/// A file of the data.
pub fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cases of a family, sorted.
pub fn cases(family: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/oracle").join(family);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut cases: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    cases.sort();
    cases
}

/// One case of a family.
pub fn case(family: &str, name: &str) -> PathBuf {
    let found = cases(family).into_iter().find(|case| title(case) == name);
    found.unwrap_or_else(|| panic!("no case {family}/{name}"))
}

/// The name of a case.
pub fn title(case: &Path) -> String {
    case.file_name().expect("a name").to_string_lossy().into_owned()
}

pub fn all_objects(name: &str, text: &str) -> Vec<Value> {
    // JSON is read as such: the files are large, and some hold what YAML would take for something else.
    let documents = match serde_json::from_str(text) {
        Ok(document) => vec![document],
        Err(_) => serde_saphyr::from_multiple::<Value>(text).unwrap_or_else(|error| panic!("{name}: {error}")),
    };
    let mut objects = Vec::new();
    for document in documents {
        match &document["items"] {
            Value::Array(items) => objects.extend(items.iter().cloned()),
            _ => objects.push(document),
        }
    }
    objects.retain(|object| object["kind"].is_string());
    objects
}
