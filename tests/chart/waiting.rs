//! `helm --wait` with a chart of an app that holds a profile: success, failure and patience.

use std::{fs, path::PathBuf, time::Instant};

use crate::{
    scene::{PATIENCE, Scene, TWO_TIERS, condition, is},
    support::{Answer, ControlPlane, eventually},
};

/// What an app team installs: a chart with nothing but a profile, whose spec is a value.
struct AppChart(PathBuf);

impl AppChart {
    fn write(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(folder.join("templates")).expect("the tests' folder can be written");
        let file = |name: &str, text: &str| fs::write(folder.join(name), text).expect("ours");
        file("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 0.0.1\n");
        file(
            "templates/profile.yaml",
            "apiVersion: appnet.dev/v1alpha1\nkind: AppNetworkProfile\nmetadata:\n  name: shop\nspec:\n  {{- toYaml .Values | nindent 2 }}\n",
        );
        Self(folder)
    }

    async fn upgrade(&self, ns: &str, spec: &str, timeout: &str) -> Answer {
        let chart = self.0.to_str().expect("text");
        let args = ["upgrade", "--install", "shop", chart, "-n", ns, "--wait", "--timeout", timeout, "-f", "-"];
        let control_plane = ControlPlane::shared().await;
        control_plane.helm_with_values("helm", &args, spec).await
    }
}

impl Drop for AppChart {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const OUTSIDE: &str = "tiers: [{name: web, podSelector: {matchLabels: {app: web}}, to: [{name: mail, cidr: 203.0.113.0/24, ports: [{port: 25}]}]}]";

#[tokio::test]
async fn a_profile_that_cannot_be_fails_at_once_and_a_label_without_pods_does_not_fail() {
    let mut scene = Scene::prepared("helmwait").await;
    let config = scene.control_plane.folder().join("ceiling.yaml");
    fs::write(&config, "cidrCeiling: [198.51.100.0/24]\n").expect("ours");
    let client = scene.control_plane.client().await;
    scene.start_operator_with(client, &["--config", config.to_str().expect("text")]).await;
    let chart = AppChart::write("app-chart");

    // No Pod has these labels. That is a warning.
    let answer = chart.upgrade(&scene.ns, TWO_TIERS, "60s").await;
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    let profile = scene.profile("shop").await;
    assert!(is(&profile, "Ready", "True") && is(&profile, "LabelsMatched", "False"), "{:?}", profile.status);

    // The API server takes it and the operator does not: the platform's ceiling is not in the schema.
    let began = Instant::now();
    let answer = chart.upgrade(&scene.ns, OUTSIDE, "5m").await;
    assert_eq!(answer.code, Some(1), "{}", answer.stdout);
    let stalled = condition(&scene.profile("shop").await, "Stalled").expect("someone must act");
    assert!(answer.stderr.contains("Failed") && answer.stderr.contains(&stalled.message), "{}", answer.stderr);
    assert!(began.elapsed() < PATIENCE, "it waited {:?}", began.elapsed());
}

#[tokio::test]
async fn nothing_counts_as_ready_before_the_operator_has_looked_at_it() {
    let mut scene = Scene::prepared("helmfirst").await;
    let chart = AppChart::write("early-chart");
    let answer = chart.upgrade(&scene.ns, TWO_TIERS, "20s").await;
    assert_eq!(answer.code, Some(1), "without an operator: {}", answer.stdout);
    assert!(answer.stderr.contains("InProgress"), "{}", answer.stderr);

    // An operator that comes while Helm waits is in time.
    let (control_plane, ns) = (scene.control_plane, scene.ns.to_string());
    let operator_comes = async {
        eventually("Helm waits", PATIENCE, async || {
            let list = control_plane.helm(&["list", "-n", &ns, "--pending", "-o", "json"]).await;
            if list.stdout.contains("\"shop\"") { Ok(()) } else { Err(list) }
        })
        .await;
        scene.start_operator().await;
    };
    let (answer, ()) = tokio::join!(chart.upgrade(&ns, TWO_TIERS, "2m"), operator_comes);
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    assert!(is(&scene.profile("shop").await, "Ready", "True"));
}
