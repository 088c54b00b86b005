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
    let lines = text.lines().rev().map_while(|line| request(line, namespace, began));
    let mut requests: Vec<_> = lines.flatten().collect();
    requests.reverse();
    requests
}

/// Nothing when it is older; nothing inside when it is of no interest.
fn request(line: &str, namespace: &str, began: u128) -> Option<Option<Request>> {
    // The last line may be half written.
    let Ok(event) = serde_json::from_str::<Value>(line) else { return Some(None) };
    let micros = |field: &str| {
        let time: Timestamp = event[field].as_str()?.parse().ok()?;
        u128::try_from(time.as_microsecond()).ok()
    };
    let (received, done) = (micros("requestReceivedTimestamp")?, micros("stageTimestamp")?);
    if done < began {
        return None;
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
    let kept = ours && verb != "watch" && received >= began;
    Some(kept.then(|| Request { by_operator, verb, resource, received: received - began, done: done - began }))
}
