//! What the API server recorded of a run: where the time goes.

use std::{fs, path::Path};

use jiff::Timestamp;
use serde_json::Value;

/// A request, with times in microseconds since the run began.
#[derive(Clone, Debug)]
pub struct Request {
    pub by_operator: bool,
    pub verb: String,
    pub resource: String,
    pub received: u128,
    pub done: u128,
}

/// The requests in this namespace since then, of kubectl's and the operator's, in the order in which they were answered.
pub fn since(log: &Path, namespace: &str, began: u128) -> Vec<Request> {
    let text = fs::read_to_string(log).expect("the API server keeps a log");
    // From its end: it grows with every run.
    let lines = text.lines().rev().map(|line| read(line, namespace, began));
    let lines = lines.take_while(|line| !matches!(line, Line::Older));
    let mut requests: Vec<_> =
        lines.filter_map(|line| if let Line::Ours(request) = line { Some(request) } else { None }).collect();
    requests.reverse();
    requests
}

/// A line of the log.
enum Line {
    /// From before the run.
    Older,
    /// Of no interest.
    Other,
    Ours(Request),
}

fn read(line: &str, namespace: &str, began: u128) -> Line {
    // The last line may be half written.
    let Ok(event) = serde_json::from_str::<Value>(line) else { return Line::Other };
    let micros = |field: &str| {
        let time: Timestamp = event[field].as_str()?.parse().ok()?;
        u128::try_from(time.as_microsecond()).ok()
    };
    let (Some(received), Some(done)) = (micros("requestReceivedTimestamp"), micros("stageTimestamp")) else {
        return Line::Other;
    };
    if done < began {
        return Line::Older;
    }
    let object = &event["objectRef"];
    let agent = event["userAgent"].as_str().unwrap_or_default();
    let by_operator = agent.starts_with("appnet-operator");
    let ours = object["namespace"] == namespace && (by_operator || agent.starts_with("kubectl"));
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let resource = match object["subresource"].as_str() {
        Some(part) => format!("{}/{part}", word(&object["resource"])),
        None => word(&object["resource"]),
    };
    let verb = word(&event["verb"]);
    if !ours || verb == "watch" || received < began {
        return Line::Other;
    }
    Line::Ours(Request { by_operator, verb, resource, received: received - began, done: done - began })
}
