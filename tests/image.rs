//! The image, as it is built without a container engine.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn run(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {complaint}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("image-{name}-{}", std::process::id()))
}

/// The image of a checkout, built in a target folder. Its digest.
fn build(checkout: &Path, target: Option<&Path>, out: &Path) -> String {
    let mut command = Command::new(checkout.join("image/build.sh"));
    command.arg(out).env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    if let Some(target) = target {
        command.env("CARGO_TARGET_DIR", target);
    }
    run(&mut command)
}

/// The files of a checkout, elsewhere: as they are now, whether or not they are committed.
fn copy_of_the_checkout(to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    let copy = "tar -C \"$0\" --exclude=./target --exclude=./.git -c . | tar -C \"$1\" -x";
    run(Command::new("sh").args(["-c", copy, ROOT]).arg(to));
}

#[test]
fn two_builds_in_different_places_give_the_same_bytes() {
    let (here, elsewhere) = (scratch("here.tar"), scratch("elsewhere.tar"));
    let (checkout, target) = (scratch("another-checkout"), scratch("another-target"));
    let first = build(Path::new(ROOT), None, &here);
    copy_of_the_checkout(&checkout);
    let second = build(&checkout, Some(&target), &elsewhere);
    let same = fs::read(&here).expect("an image") == fs::read(&elsewhere).expect("an image");
    for folder in [checkout, target] {
        fs::remove_dir_all(folder).expect("ours to remove");
    }
    assert_eq!(first, second);
    assert!(same, "the digests are equal, and the files are not");
    is_one_static_program(&here);
    for file in [here, elsewhere] {
        fs::remove_file(file).expect("ours to remove");
    }
}

/// One layer with one file, which needs no other, for a user that is not root.
fn is_one_static_program(image: &Path) {
    let folder = scratch("unpacked");
    fs::create_dir_all(&folder).expect("a folder can be made");
    run(Command::new("tar").arg("-xf").arg(image).arg("-C").arg(&folder));
    let read = |path: &str| fs::read_to_string(folder.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
    let manifest = &json(&read("manifest.json"))[0];
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(manifest["RepoTags"][0], format!("ghcr.io/appnet-dev/appnet-operator:{version}"));
    let layers: Vec<_> =
        manifest["Layers"].as_array().into_iter().flatten().filter_map(|layer| layer.as_str()).collect();
    assert_eq!(layers.len(), 1);
    let config = json(&read(manifest["Config"].as_str().expect("a path")));
    assert_eq!(config["config"]["User"], "65532:65532");
    assert_eq!(config["config"]["Entrypoint"], serde_json::json!(["/appnet-operator"]));
    let layer = folder.join(layers[0]);
    let listed = run(Command::new("tar").arg("-tvf").arg(&layer));
    let files: BTreeMap<_, _> = listed
        .lines()
        .filter_map(|line| Some((line.split_whitespace().last()?, line.split_whitespace().next()?)))
        .collect();
    assert_eq!(files, BTreeMap::from([("./", "drwxr-xr-x"), ("./appnet-operator", "-rwxr-xr-x")]), "{listed}");
    run(Command::new("tar").arg("-xf").arg(&layer).arg("-C").arg(&folder).arg("./appnet-operator"));
    // It runs on an empty root: nothing but the kernel is needed.
    let program = folder.join("appnet-operator");
    let said = run(Command::new(&program).arg("--version"));
    assert_eq!(said, format!("appnet-operator {version}"));
    let needs = run(Command::new("readelf").arg("--dynamic").arg(&program));
    assert!(!needs.contains("NEEDED"), "it needs libraries: {needs}");
    fs::remove_dir_all(folder).expect("ours to remove");
}
