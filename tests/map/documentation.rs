//! What `docs/map.md` shows is what is printed.

use std::path::Path;

use super::{assert_is, plugin::plugin};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn page() -> String {
    std::fs::read_to_string(Path::new(ROOT).join("docs/map.md")).expect("docs/map.md")
}

/// Standard output and what follows on standard error, of a command line without quotes.
fn printed(command: &str) -> String {
    let arguments: Vec<_> = command.strip_prefix("kubectl appnet ").expect("our plugin").split(' ').collect();
    let output = plugin(&arguments).current_dir(ROOT).output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    // Records end with CR LF; in a page nobody sees it.
    (text(output.stdout) + &text(output.stderr)).replace("\r\n", "\n")
}

/// Every command of the page has its output below it. With `UPDATE_GOLDEN=1` it is written there.
#[test]
fn every_command_prints_what_the_page_says() {
    let text = page();
    let mut written = String::new();
    let mut commands = Vec::new();
    for (index, part) in text.split("```").enumerate() {
        if index > 0 {
            written.push_str("```");
        }
        match part.strip_prefix("console\n$ ").and_then(|block| block.split_once('\n')) {
            Some((command, _)) if index % 2 == 1 => {
                written.extend(["console\n$ ", command, "\n", &printed(command)]);
                commands.push(command.to_owned());
            }
            _ => written.push_str(part),
        }
    }
    assert_is(&Path::new(ROOT).join("docs/map.md"), &written);
    for format in ["matrix", "mermaid", "dot", "md", "csv", "json", "yaml"] {
        assert!(commands.iter().any(|command| command.ends_with(&format!("-o {format}"))), "no {format} is shown");
    }
}

#[test]
fn the_picture_of_the_page_is_the_one_that_is_drawn() {
    assert_is(&Path::new(ROOT).join("docs/map/app.svg"), &printed("kubectl appnet map -f docs/map/app.yaml -o svg"));
    assert!(page().contains("](map/app.svg)"));
}

#[test]
fn the_input_of_the_page_is_the_file() {
    let file = std::fs::read_to_string(Path::new(ROOT).join("docs/map/app.yaml")).expect("the file");
    assert!(page().contains(&format!("```yaml\n{file}```")), "docs/map.md shows another docs/map/app.yaml");
}
