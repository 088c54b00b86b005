//! Every command of the README is run, and what the README says it prints is compared with what it prints.
//!
//! A block of commands (```sh or ```console) follows a comment that says how:
//!
//! - `<!-- test: offline -->`: without a cluster;
//! - `<!-- test: control-plane -->`: with a real control plane, in order, beside the operator once that was started;
//! - `<!-- test: operator -->`: the command does not end; it runs beside the blocks that follow;
//! - `<!-- test: make -->`: `make -n` only, because these commands take minutes.
//!
//! In a console block a line that begins with `$ ` is a command, and the lines after it are what it prints.
//! A YAML block follows `<!-- file: PATH -->` and is what stands in that file.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use support::{ControlPlane, helm_programs};

const PATIENCE: Duration = Duration::from_secs(30);
const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const MARKS: [&str; 4] = ["offline", "control-plane", "operator", "make"];

struct Block {
    line: usize,
    language: String,
    /// The comment above: `test: offline`, `file: demo/profile.yaml`.
    mark: String,
    text: String,
}

struct Step {
    line: usize,
    command: String,
    prints: Option<String>,
}

fn readme() -> String {
    fs::read_to_string(Path::new(ROOT).join("README.md")).expect("there is a README.md")
}

fn blocks() -> Vec<Block> {
    let (mut blocks, mut mark, mut open) = (Vec::new(), String::new(), None::<Block>);
    for (index, line) in readme().lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.text.extend([line, "\n"]),
            (None, Some(language)) => {
                let (line, language) = (index + 1, language.to_owned());
                open = Some(Block { line, language, mark: std::mem::take(&mut mark), text: String::new() });
            }
            (None, None) if line.is_empty() => {}
            (None, None) => {
                let comment = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
                mark = comment.map(str::to_owned).unwrap_or_default();
            }
        }
    }
    assert!(open.is_none(), "the last block of README.md does not end");
    blocks
}

/// The blocks of commands with their marks.
fn commands() -> Vec<(Block, String)> {
    let of_commands = |block: &Block| ["sh", "console"].contains(&block.language.as_str());
    let marked = |block: Block| {
        let mark = block.mark.strip_prefix("test: ").unwrap_or_default().to_owned();
        let at = block.line;
        assert!(
            MARKS.contains(&mark.as_str()),
            "README.md:{at}: write <!-- test: one of {MARKS:?} --> above the block"
        );
        (block, mark)
    };
    blocks().into_iter().filter(of_commands).map(marked).collect()
}

fn steps(block: &Block) -> Vec<Step> {
    if block.language == "sh" {
        return vec![Step { line: block.line, command: format!("set -e\n{}", block.text), prints: None }];
    }
    let mut steps: Vec<Step> = Vec::new();
    for (index, line) in block.text.lines().enumerate() {
        let at = block.line + 1 + index;
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => {
                steps.push(Step { line: at, command: command.to_owned(), prints: Some(String::new()) });
            }
            (None, Some(step)) => step.prints.get_or_insert_default().extend([line, "\n"]),
            (None, None) => panic!("README.md:{at}: a console block begins with '$ ' and a command"),
        }
    }
    steps
}

/// Words, so that the width of columns does not matter; ages are alike.
fn words(text: &str) -> Vec<String> {
    let age = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_digit())
            && word.ends_with(['s', 'm', 'h', 'd'])
            && word.chars().all(|c| c.is_ascii_digit() || "smhd".contains(c))
    };
    text.split_whitespace().map(|word| if age(word) { "AGE".into() } else { word.to_owned() }).collect()
}

/// Where the README's commands run.
struct Shell {
    /// Programs that come before those of the machine.
    programs: PathBuf,
}

impl Shell {
    /// `cargo run --bin NAME` runs what is built already, and `make` only says what it would do.
    fn new(kubectl: &Path) -> Self {
        let programs = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("readme-{}", std::process::id()));
        fs::create_dir_all(&programs).expect("the tests' folder can be written");
        let built = Path::new(env!("CARGO_BIN_EXE_appnet-operator")).parent().expect("a folder").display().to_string();
        let kubectl = kubectl.display();
        let program = |name: &str, text: String| {
            let file = programs.join(name);
            fs::write(&file, text).expect("the folder can be written");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("it is ours");
        };
        program("make", "#!/bin/sh\nPATH=${PATH#*:}\nexec make -n \"$@\"\n".into());
        program("kubectl", format!("#!/bin/sh\nexec '{kubectl}' \"$@\"\n"));
        program("helm", format!("#!/bin/sh\nexec '{}/helm' \"$@\"\n", helm_programs().display()));
        program("kubectl-appnet", format!("#!/bin/sh\nexec '{built}/kubectl-appnet' \"$@\"\n"));
        program(
            "cargo",
            format!(
                "#!/bin/bash\ncase \"$*\" in\n  'install --locked --path .') exit 0 ;;\nesac\n\
                 if [ \"$1\" = run ] && [ \"$2\" = --bin ]; then name=$3; shift 3; [ \"$1\" != -- ] || shift; exec '{built}'/\"$name\" \"$@\"; fi\n\
                 echo \"tests/readme.rs does not know: cargo $*\" >&2\nexit 1\n"
            ),
        );
        Self { programs }
    }

    fn command(&self, script: &str, kubeconfig: &Path) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("bash");
        command
            .arg("-c")
            .arg(script)
            .current_dir(ROOT)
            .env("PATH", format!("{}:{path}", self.programs.display()))
            .env("KUBECONFIG", kubeconfig)
            .env("HOME", &self.programs)
            .env_remove("KUBERC")
            // Of the `make test` that may run this.
            .env_remove("MAKEFLAGS")
            .env_remove("MAKELEVEL")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, step: &Step, kubeconfig: &Path) {
        // What is looked at may take a moment to become so; what is done is done once.
        let end = Instant::now() + if step.command.contains(" get ") { PATIENCE } else { Duration::ZERO };
        loop {
            let script = format!("exec 2>&1\n{}", step.command);
            let output = self.command(&script, kubeconfig).output().expect("bash starts");
            let printed = String::from_utf8_lossy(&output.stdout);
            let right = step.prints.as_ref().is_none_or(|wanted| words(wanted) == words(&printed));
            if output.status.success() && right {
                return;
            }
            let (line, command, wanted) = (step.line, &step.command, step.prints.as_deref().unwrap_or("anything"));
            assert!(
                Instant::now() < end,
                "README.md:{line}: {command}\nended with {}\n---- printed\n{printed}\n---- README says\n{wanted}",
                output.status
            );
            sleep(Duration::from_millis(300));
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.programs);
    }
}

/// A program that is ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn commands_do_what_is_said() {
    let control_plane = ControlPlane::start_without_definition().await;
    let shell = Shell::new(&control_plane.programs().join("kubectl"));
    let (with, without) = (control_plane.kubeconfig(), PathBuf::from("/nonexistent"));
    // Every real cluster has DNS.
    shell.run(&Step { line: 0, command: "kubectl apply -f demo/kube-dns.yaml".into(), prints: None }, &with);
    let (mut running, mut ran) = (Vec::new(), BTreeSet::new());
    for (block, mark) in commands() {
        for step in steps(&block) {
            match mark.as_str() {
                "control-plane" => shell.run(&step, &with),
                "operator" => {
                    // `exec`: the child that is ended with the test must be the program, not its shell.
                    let mut command = shell.command(&format!("exec {}", block.text), &with);
                    running.push(Running(command.stderr(Stdio::null()).spawn().expect("bash starts")));
                }
                _ => shell.run(&step, &without),
            }
        }
        ran.insert(mark);
    }
    for Running(child) in &mut running {
        let ended = child.try_wait().expect("our own child");
        assert!(ended.is_none(), "the operator of README.md ended by itself: {ended:?}");
    }
    assert_eq!(ran, MARKS.map(str::to_owned).into(), "README.md shows no such command any more");
}

#[test]
fn files_that_are_shown_are_shown_as_they_are() {
    let mut shown = 0;
    for block in blocks().iter().filter(|block| block.language == "yaml") {
        let at = block.line;
        let Some(file) = block.mark.strip_prefix("file: ") else {
            panic!("README.md:{at}: write <!-- file: PATH --> above the block");
        };
        let text = fs::read_to_string(Path::new(ROOT).join(file)).expect("the file is there");
        assert_eq!(block.text, text, "README.md:{at} shows another {file}");
        shown += 1;
    }
    assert!(shown > 0, "README.md shows no profile any more");
}

#[test]
fn links_lead_somewhere() {
    let text = readme();
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    let missing: Vec<_> =
        targets.filter(|to| !to.contains("://") && !to.is_empty() && !Path::new(ROOT).join(to).exists()).collect();
    assert!(missing.is_empty(), "README.md links to what is not there: {missing:?}");
}
