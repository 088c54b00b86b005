//! kubectl, as a user would run it.

use std::io::Write;
use std::process::{Command, Stdio};

use tokio::task::spawn_blocking;

use super::ControlPlane;

/// What a program answered.
#[derive(Debug)]
pub struct Answer {
    pub stdout: String,
    /// Where kubectl prints the API server's warnings too.
    pub stderr: String,
    /// `None` when a signal ended it.
    pub code: Option<i32>,
}

impl Answer {
    /// Runs a program to its end, with `input` as its standard input.
    pub fn of(command: &mut Command, input: &str) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let mut pipe = child.stdin.take().expect("a pipe");
        // A program that refuses its flags ends without reading; that is an answer too.
        let _ = pipe.write_all(input.as_bytes());
        drop(pipe);
        let output = child.wait_with_output().expect("our own child");
        Self {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code(),
        }
    }
}

impl ControlPlane {
    /// Runs `kubectl ARGS...` as the administrator.
    pub async fn kubectl(&self, args: &[&str]) -> Answer {
        self.kubectl_with_input(args, "").await
    }

    /// The same with `input` as its standard input, for `-f -`.
    pub async fn kubectl_with_input(&self, args: &[&str], input: &str) -> Answer {
        let mut command = Command::new(self.programs().join("kubectl"));
        command
            .args(args)
            .env("KUBECONFIG", self.kubeconfig())
            // Caches and preferences of the person who runs the tests must not matter, and not change.
            .env("HOME", self.folder())
            .env("KUBECACHEDIR", self.folder().join("kube-cache"))
            .env_remove("KUBERC");
        let input = input.to_owned();
        spawn_blocking(move || Answer::of(&mut command, &input)).await.expect("kubectl was run")
    }
}
