//! Words of the command line that stand where they mean something else.

use super::DiagnoseArgs;
use crate::cli::is_file;

/// What was meant by words in the wrong place, if some are.
pub(super) fn misplaced(args: &DiagnoseArgs) -> Option<String> {
    if let Some(word) = args.profile.as_deref().filter(|word| is_a_path(word)) {
        return Some(format!("'{word}' is no profile; files are named with -f: -f {word}"));
    }
    // After -f every word is a file, up to the next flag.
    let names_a_profile = |word: &str| word.starts_with("appnet/") || word.starts_with("appnetworkprofile/");
    let mut files =
        args.state.files.iter().enumerate().filter(|(_, file)| file.extension().is_none() && !file.exists());
    let (_, word) = files
        .find(|(place, file)| file.to_str().is_some_and(|word| word != "-" && (*place > 0 || names_a_profile(word))))?;
    let word = word.display();
    Some(format!(
        "'{word}' stands after -f, and there is no such file; a profile is named first: kubectl appnet diagnose {word} -f FILE"
    ))
}

/// A word alone may be a profile, whatever folders there are.
fn is_a_path(word: &str) -> bool {
    let names_a_profile = matches!(word.split_once('/'), Some(("appnet" | "appnetworkprofile", _)));
    word == "-" || word.ends_with('/') || (is_file(word) && !names_a_profile && word.contains(['.', '/']))
}
