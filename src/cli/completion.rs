//! Completes words on the command line: in shells for `kubectl-appnet`, and through kubectl for `kubectl appnet`.
//!
//! For a plugin, kubectl runs a program named `kubectl_complete-appnet` with the words so far. It expects a candidate a line
//! and at the end `:N`, which says what the shell is to make of them, as in all programs that are made with cobra.

use std::io::{self, Write};

use clap::{Arg, Args, Command, CommandFactory, ValueEnum, ValueHint};
use clap_complete::{Shell, generate};

use super::{CommandLine, Outcome};

/// The word by which the plugin is asked for candidates.
pub const ASK: &str = "__complete";

/// Above the flags of `completion`.
pub const EXAMPLES: &str = "\
Examples:
  kubectl appnet completion kubectl > ~/.local/bin/kubectl_complete-appnet    for `kubectl appnet`; then chmod +x, and
                                                                              kubectl's own completion has to be on
  kubectl appnet completion bash > ~/.local/share/bash-completion/completions/kubectl-appnet
  kubectl appnet completion zsh > \"${fpath[1]}/_kubectl-appnet\"
  kubectl appnet completion fish > ~/.config/fish/completions/kubectl-appnet.fish
";

/// What the script of `completion kubectl` does: kubectl gives the words so far.
const SCRIPT: &str = "\
#!/bin/sh
# Completion of `kubectl appnet`. It has to be executable, and on PATH under the name kubectl_complete-appnet.
exec kubectl-appnet __complete \"$@\"
";

/// The flags of `completion`.
#[derive(Debug, Args)]
pub struct CompletionArgs {
    /// For which program: kubectl, or a shell in which you run kubectl-appnet itself
    #[arg(value_name = "PROGRAM")]
    pub of: Completing,
}

/// Who completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Completing {
    /// kubectl, whatever the shell.
    Kubectl,
    /// bash.
    Bash,
    /// zsh.
    Zsh,
    /// fish.
    Fish,
}

/// What a shell is to make of candidates: cobra's `ShellCompDirective`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Directive {
    /// Files, where there are no candidates.
    Files = 0,
    /// Nothing else than the candidates.
    NoFiles = 4,
}

/// Prints the script.
///
/// # Errors
/// When `out` cannot be written.
pub fn run(args: &CompletionArgs, out: &mut impl Write) -> io::Result<Outcome> {
    let script = match args.of {
        Completing::Kubectl => SCRIPT.as_bytes().to_vec(),
        Completing::Zsh => script(Shell::Zsh, NAME),
        Completing::Fish => script(Shell::Fish, NAME),
        Completing::Bash => {
            // clap_complete 4.6 spells the hyphen of a name in two ways, and then finds no verb. So the name has none, but
            // for the last word of the script: whom it is for.
            let script = String::from_utf8_lossy(&script(Shell::Bash, "kubectl_appnet")).into_owned();
            script.replace(" kubectl_appnet\n", " kubectl-appnet\n").into_bytes()
        }
    };
    out.write_all(&script).map(|()| Outcome::Fine)
}

/// The program's name.
const NAME: &str = "kubectl-appnet";

fn script(shell: Shell, name: &str) -> Vec<u8> {
    // It panics when it cannot write, which memory always can be.
    let mut script = Vec::new();
    generate(shell, &mut CommandLine::command(), name, &mut script);
    script
}

/// Prints candidates for the last of these words, as kubectl expects them.
///
/// # Errors
/// When `out` cannot be written.
pub fn answer(words: &[String], out: &mut impl Write) -> io::Result<Outcome> {
    let (candidates, directive) = candidates(words);
    for (word, about) in candidates {
        if about.is_empty() { writeln!(out, "{word}")? } else { writeln!(out, "{word}\t{about}")? }
    }
    writeln!(out, ":{}", directive as u8)?;
    Ok(Outcome::Fine)
}

/// Words that could stand there, each with what it means.
type Candidates = Vec<(String, String)>;

fn candidates(words: &[String]) -> (Candidates, Directive) {
    let mut root = CommandLine::command();
    root.build();
    let (last, before) = words.split_last().map_or(("", words), |(last, before)| (last.as_str(), before));
    let verb = before.iter().enumerate().find_map(|(place, word)| Some((place, root.find_subcommand(word)?)));
    let (mut found, directive) = match verb {
        None if last.starts_with('-') => (flags(&root), Directive::NoFiles),
        None => (verbs(&root), Directive::NoFiles),
        Some((place, verb)) => of_verb(verb, &before[place + 1..], last),
    };
    found.retain(|(word, _)| word.starts_with(last));
    (found, directive)
}

fn of_verb(verb: &Command, before: &[String], last: &str) -> (Candidates, Directive) {
    if let Some((flag, _)) = last.split_once('=').filter(|_| last.starts_with("--")) {
        let (values, directive) = find(verb, flag).map_or((Vec::new(), Directive::NoFiles), values);
        return (values.into_iter().map(|(value, about)| (format!("{flag}={value}"), about)).collect(), directive);
    }
    // `-` alone is standard input, for a flag that takes files.
    if last.starts_with('-') {
        return (flags(verb), Directive::NoFiles);
    }
    let flag = before.iter().rposition(|word| word.starts_with('-') && word.len() > 1);
    let governing = flag.and_then(|place| {
        let given = before.len() - place - 1;
        find(verb, &before[place]).filter(|flag| given < flag.get_num_args().map_or(0, |range| range.max_values()))
    });
    match governing.or_else(|| verb.get_positionals().next()) {
        Some(argument) => values(argument),
        None => (Vec::new(), Directive::NoFiles),
    }
}

fn find<'c>(verb: &'c Command, word: &str) -> Option<&'c Arg> {
    let short = |flag: &Arg| flag.get_short().is_some_and(|short| word == format!("-{short}"));
    let long = |flag: &Arg| flag.get_long().is_some_and(|long| word.strip_prefix("--") == Some(long));
    verb.get_arguments().find(|flag| short(flag) || long(flag))
}

fn verbs(root: &Command) -> Candidates {
    let shown = root.get_subcommands().filter(|verb| !verb.is_hide_set());
    shown.map(|verb| (verb.get_name().to_owned(), first_line(verb.get_about()))).collect()
}

fn flags(command: &Command) -> Candidates {
    let shown = command.get_arguments().filter(|flag| !flag.is_hide_set());
    shown.filter_map(|flag| Some((format!("--{}", flag.get_long()?), first_line(flag.get_help())))).collect()
}

/// What an argument can be. Only the shell knows the files.
fn values(argument: &Arg) -> (Candidates, Directive) {
    let is_path = !matches!(argument.get_value_hint(), ValueHint::Unknown | ValueHint::Other);
    let possible = argument.get_possible_values().into_iter().filter(|value| !value.is_hide_set());
    let possible = possible.map(|value| (value.get_name().to_owned(), first_line(value.get_help())));
    (possible.collect(), if is_path { Directive::Files } else { Directive::NoFiles })
}

fn first_line(help: Option<&clap::builder::StyledStr>) -> String {
    help.map(ToString::to_string).and_then(|help| help.lines().next().map(str::to_owned)).unwrap_or_default()
}
