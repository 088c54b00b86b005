//! Reads texts as if they were files.

use appnet::{
    cli::read::{Reader, Reading},
    reach::Pod,
};

/// What files hold. Objects without a namespace are in `here`.
pub fn files(files: &[(&str, &str)]) -> Reading {
    let mut reader = Reader::new("here");
    for (name, text) in files {
        reader.add_bytes(name, text.as_bytes());
    }
    reader.finish()
}

/// What one file holds, in which nothing is wrong.
pub fn good(text: &str) -> Reading {
    let reading = files(&[("good.yaml", text)]);
    assert_eq!(problems(&reading), Vec::<String>::new(), "{text}");
    reading
}

pub fn problems(reading: &Reading) -> Vec<String> {
    reading.problems.iter().map(ToString::to_string).collect()
}

/// The Pods of a picture, as `namespace/name kind/workload`.
pub fn pods(reading: &Reading) -> Vec<String> {
    let line = |pod: &Pod| format!("{}/{} {}/{}", pod.namespace, pod.name, pod.workload.kind, pod.workload.name);
    reading.picture.pods.iter().map(line).collect()
}

/// The ports of the only Pod, as `number/protocol name`.
pub fn ports(reading: &Reading) -> Vec<String> {
    let [pod] = &reading.picture.pods[..] else { panic!("{:?}", reading.picture.pods) };
    let ports = pod.ports.iter();
    ports.map(|port| format!("{}/{} {}", port.number, port.protocol.as_str(), port.name).trim().to_owned()).collect()
}

/// The policies of a picture, as `namespace/name`.
pub fn policies(reading: &Reading) -> Vec<String> {
    reading.picture.policies.iter().map(|policy| format!("{}/{}", policy.namespace, policy.name)).collect()
}
