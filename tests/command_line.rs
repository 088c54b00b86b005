//! The command line of the plugin: what its help shows can be typed, and what is typed is completed, by the real kubectl too.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use appnet::cli::CommandLine;
use clap::{CommandFactory, Parser};

mod support;

const PLUGIN: &str = env!("CARGO_BIN_EXE_kubectl-appnet");

/// The commands of ours that a help shows under `Examples:`. What follows two blanks says what they do; what stands before
/// or after a pipe, and where output goes, is the shell's.
fn examples(help: &str) -> Vec<Vec<String>> {
    let (_, examples) = help.split_once("Examples:\n").unwrap_or_else(|| panic!("no examples in\n{help}"));
    let lines = examples.lines().take_while(|line| line.starts_with("  "));
    let commands = lines.filter_map(|line| line.find("kubectl appnet ").map(|at| &line[at..]));
    let words = |command: &str| {
        let command = command.split("  ").next().and_then(|text| text.split(['|', '>']).next()).unwrap_or_default();
        // Every second part stands between quotes, and is one word.
        let parts = command.split('\'').enumerate();
        let words = parts.flat_map(|(place, part)| match place % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        });
        words.collect()
    };
    commands.map(words).collect()
}

#[test]
fn the_help_of_every_verb_begins_with_examples_that_can_be_typed() {
    let mut verbs: Vec<_> = CommandLine::command().get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    assert!(verbs.len() >= 6, "{verbs:?}");
    verbs.push(String::new());
    for verb in verbs {
        let words: Vec<_> = [verb.as_str(), "--help"].into_iter().filter(|word| !word.is_empty()).collect();
        let output = Command::new(PLUGIN).args(&words).output().expect("the plugin runs");
        let help = String::from_utf8(output.stdout).expect("text");
        assert!(help.find("Examples:") < help.find("Usage:"), "{verb}: {help}");
        let shown = examples(&help);
        assert!(shown.len() >= 2, "the help of '{verb}' shows {shown:?}");
        for example in shown {
            let parsed = CommandLine::try_parse_from(["kubectl-appnet".to_owned()].iter().chain(&example[2..]));
            assert!(parsed.is_ok(), "the help of '{verb}' shows {example:?}: {}", parsed.expect_err("an error"));
            assert!(verb.is_empty() || example[2] == verb, "the help of '{verb}' shows {example:?}");
        }
    }
}

/// What the plugin answers to these words: the candidates, and the last line.
fn asked(words: &[&str]) -> (Vec<String>, String) {
    let output = Command::new(PLUGIN).arg("__complete").args(words).output().expect("the plugin runs");
    assert!(output.status.success() && output.stderr.is_empty(), "{words:?}: {output:?}");
    told(&String::from_utf8(output.stdout).expect("text"))
}

fn told(text: &str) -> (Vec<String>, String) {
    let mut lines: Vec<_> = text.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect();
    let last = lines.pop().expect("a directive");
    (lines, last)
}

#[test]
fn values_are_those_of_the_flag_before_and_files_are_left_to_the_shell() {
    let words = |words: &[&str]| {
        let (found, directive) = asked(words);
        format!("{} {directive}", found.join(" "))
    };
    assert_eq!(words(&["lint", "-o", ""]), "text json yaml sarif :4");
    assert_eq!(words(&["lint", "-f", "shop.yaml", "--output", "js"]), "json :4");
    assert_eq!(words(&["map", "--output=m"]), "--output=matrix --output=mermaid --output=md :4");
    assert_eq!(words(&["completion", ""]), "kubectl bash zsh fish :4");
    assert_eq!(words(&["plan", "--fail-on", "c"]), "cut :4");
    // Files: of a flag that takes one, and of one that takes many.
    assert_eq!(words(&["lint", "--config", ""]), " :0");
    assert_eq!(words(&["lint", "-f", "a.yaml", "b"]), " :0");
    assert_eq!(words(&["lint", "--config", "c.yaml", ""]), " :4");
    // Nobody knows the names of a cluster without asking it.
    assert_eq!(words(&["explain", "--from", ""]), " :4");
    assert_eq!(words(&["rend"]), "render :4");
    assert_eq!(words(&["nothing-like-this"]), " :4");
    assert!(asked(&["explain", "--"]).0.contains(&"--from".to_owned()));
    assert!(asked(&["--"]).0.contains(&"--version".to_owned()));
    assert!(asked(&[]).0.contains(&"lint".to_owned()));
}

/// A folder with the plugin and its completion, as a user would put them on PATH.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("completion");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the tests' folder can be written");
    symlink(PLUGIN, folder.join("kubectl-appnet")).expect("a link");
    let script = folder.join("kubectl_complete-appnet");
    let printed = Command::new(PLUGIN).args(["completion", "kubectl"]).output().expect("the plugin runs");
    fs::write(&script, printed.stdout).expect("a file");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("it is ours");
    folder
}

#[test]
fn kubectl_completes_verbs_flags_and_values_of_the_plugin() {
    let folder = installed();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let kubectl = |words: &[&str]| {
        let mut command = Command::new(support::programs().join("kubectl"));
        let command = command.arg("__complete").arg("appnet").args(words).env("PATH", &path).env("HOME", &folder);
        let output = command.env("KUBECONFIG", "/nonexistent").env_remove("KUBERC").output().expect("kubectl runs");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{words:?}: {err}");
        told(&out)
    };
    let verbs = kubectl(&[""]);
    for verb in ["lint", "render", "map", "plan", "explain", "completion"] {
        assert!(verbs.0.contains(&verb.to_owned()), "{verbs:?}");
    }
    assert_eq!(verbs.1, ":4");
    assert_eq!(kubectl(&["explain", "--f"]), (vec!["--from".to_owned(), "--filename".to_owned()], ":4".to_owned()));
    assert_eq!(kubectl(&["map", "-o", "ma"]), (vec!["matrix".to_owned()], ":4".to_owned()));
    assert_eq!(kubectl(&["lint", "-f", ""]), (vec![], ":0".to_owned()));
}

#[test]
fn bash_completes_with_the_script_that_is_printed() {
    let script = "source <(\"$0\" completion bash); complete -p kubectl-appnet; \
                  COMP_WORDS=(kubectl-appnet lint --se) COMP_CWORD=2; _kubectl_appnet kubectl-appnet --se lint; \
                  echo \"${COMPREPLY[@]}\"";
    let output = Command::new("bash").args(["-c", script, PLUGIN]).output().expect("bash runs");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains(" -F _kubectl_appnet kubectl-appnet\n"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(text.lines().last(), Some("--severity"), "{text}");
}

#[test]
fn zsh_and_fish_get_scripts_of_their_own() {
    for (shell, begin) in [("zsh", "#compdef kubectl-appnet\n"), ("fish", "complete -c kubectl-appnet ")] {
        let output = Command::new(PLUGIN).args(["completion", shell]).output().expect("the plugin runs");
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(text.contains(begin) && text.contains("exposure"), "{shell}: {text}");
    }
}

#[test]
fn words_of_diagnose_in_the_wrong_place_are_answered_with_what_was_meant() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("misplaced");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("shop.yaml");
    fs::write(&file, "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}}\n").expect("a file");
    let file = file.display().to_string();
    let said = |words: &[&str]| {
        let output = Command::new(PLUGIN).arg("diagnose").args(words).output().expect("the plugin runs");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{words:?}");
        String::from_utf8(output.stderr).expect("text")
    };
    for word in [file.as_str(), "elsewhere.yml", "deploy/", "-"] {
        assert_eq!(said(&[word]), format!("error: '{word}' is no profile; files are named with -f: -f {word}\n"));
    }
    for word in ["appnet/shop", "shop"] {
        let meant = "a profile is named first: kubectl appnet diagnose";
        let said = said(&["-f", &file, word, "-n", "shop"]);
        let wanted = format!("error: '{word}' stands after -f, and there is no such file; {meant} {word} -f FILE\n");
        assert_eq!(said, wanted);
    }
}
