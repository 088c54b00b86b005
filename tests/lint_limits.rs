//! `kubectl appnet lint` with input that is too much, and with readers that want less.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use plugin::{GOOD, findings, plugin, profile, run_with_input};

#[path = "bad_input/cases.rs"]
mod cases;
#[path = "lint/plugin.rs"]
mod plugin;

#[test]
fn a_profile_that_etcd_would_not_take_is_refused_and_one_below_is_not() {
    let padded = |size: usize| {
        profile(GOOD)
            .replace("namespace: app", &format!("namespace: app, managedFields: [{{manager: '{}'}}]", "x".repeat(size)))
    };
    let (code, out, _) = run_with_input(&["lint", "-o", "json", "-f", "-"], padded(1_600_000).as_bytes());
    let found = findings(&out);
    assert_eq!((code, found[0].reason.as_str(), found.len()), (1, "TooLarge", 1));
    assert!(found[0].message.contains("at most 1.5 MiB"), "{}", found[0].message);
    assert_eq!(run_with_input(&["lint", "-f", "-"], padded(1_400_000).as_bytes()).0, 0);
    let (code, out, _) = run_with_input(&["lint", "-f", "-"], padded(3_200_000).as_bytes());
    assert!(out.contains("<stdin>:1:1: must be at most 1.5 MiB"), "{}", &out[..200.min(out.len())]);
    assert_eq!(code, 1);
}

#[test]
fn nothing_that_comes_in_takes_forever() {
    let many = |item: &dyn Fn(usize) -> String| (0..6_000).map(item).collect::<Vec<_>>().join(",");
    let tier = |i| {
        format!(
            "{{name: t{i}, podSelector: {{matchLabels: {{a: b}}}}, ports: [{{name: p, port: 1}}], from: [{{tier: x}}]}}"
        )
    };
    let inputs = [
        ("tiers without end", profile(&format!("{{tiers: [{}]}}", many(&tier)))),
        ("the same tier again and again", profile(&format!("{{tiers: [{}]}}", many(&|_| tier(7))))),
        ("unknown fields", profile(&format!("{{{}}}", many(&|i| format!("podSelectr{i}: 1"))))),
        ("keys that are no keys", profile(&format!("{{{}}}", many(&|i| format!("0x{i:x}: 1"))))),
        ("values of another type", profile(&format!("{{tiers: [{}]}}", many(&|_| "1".into())))),
        ("labels", profile(&GOOD.replace("app: api", &many(&|i| format!("'l {i}': '{i} v'"))))),
        ("brackets", "[".repeat(500_000)),
        ("dashes", "- ".repeat(500_000)),
        ("quotes", "'".repeat(500_001)),
        ("colons", ": ".repeat(500_000)),
        ("anchors", (0..30_000).map(|i| format!("- &a{i} x\n")).collect::<Vec<_>>().concat()),
    ];
    for (name, input) in inputs {
        let began = Instant::now();
        let (code, _, err) = run_with_input(&["lint", "-f", "-"], input.as_bytes());
        assert!(code <= 1, "{name}: {err}");
        // Generous: what does not end is what this is about.
        assert!(began.elapsed() < Duration::from_secs(60), "{name} took {:?}", began.elapsed());
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let folder = cases::folder("bad").display().to_string();
    let mut command = plugin(&["lint", "-o", "json", "-f", &folder]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the plugin runs");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}
