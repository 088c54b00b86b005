//! The flags and the configuration file that the chart gives to the operator are those that the operator reads.

use appnet::{
    api::OperatorConfig,
    operator::{Args, LogFormat},
};
use clap::Parser;
use serde_json::Value;

use crate::{
    generated::read,
    objects::{find, objects, pod, string, strings},
};

/// The operator's flags in a Pod.
pub fn flags(objects: &[Value]) -> Vec<String> {
    strings(&pod(objects)["spec"]["containers"][0]["args"])
}

fn args(values: &str) -> Args {
    let flags = flags(&objects(values));
    Args::try_parse_from(["appnet-operator".to_owned()].into_iter().chain(flags)).expect("the operator has these flags")
}

fn config(values: &str) -> OperatorConfig {
    let objects = objects(values);
    let text = string(&find(&objects, "ConfigMap", "appnet")["data"]["config.yaml"]);
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn the_defaults_of_the_chart_are_those_of_the_operator() {
    let (mut chart, own) = (args(""), Args::try_parse_from(["appnet-operator"]).expect("no flag is needed"));
    assert_eq!(chart.config.take().expect("a file").to_str(), Some("/etc/appnet/config.yaml"));
    assert_eq!(format!("{chart:?}"), format!("{own:?}"));
    assert_eq!(config(""), OperatorConfig::default());
}

#[test]
fn every_setting_reaches_the_operator() {
    let args = args(
        "{watchNamespace: app, concurrency: 3, resync: 60, requestTimeout: 5, shutdownTimeout: 7, logFormat: text, \
         logFilter: 'info,appnet=debug', listenAddress: '::', extraArgs: [--streaming-lists]}",
    );
    assert_eq!(args.namespace.as_deref(), Some("app"));
    assert_eq!((args.concurrency, args.log_format), (3, LogFormat::Text));
    let seconds = [args.resync, args.request_timeout, args.shutdown_timeout].map(|time| time.as_secs());
    assert_eq!(seconds, [60, 5, 7]);
    assert_eq!((args.log.as_str(), args.listen.to_string().as_str()), ("info,appnet=debug", "[::]:8080"));
    assert!(args.streaming_lists);
}

#[test]
fn the_platform_is_the_configuration_file_word_for_word() {
    let docs = read("docs/configuration.md");
    let shown = docs.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    for text in [shown, &read("examples/08-platform-defaults/config.yaml")] {
        let wanted: OperatorConfig = serde_saphyr::from_str(text).expect("a configuration");
        let inside: Vec<_> = text.lines().map(|line| format!("  {line}")).collect();
        assert_eq!(config(&format!("platform:\n{}", inside.join("\n"))), wanted);
    }
}

#[test]
fn another_platform_starts_new_pods_and_other_settings_of_the_chart_do_not() {
    let checksum = |values: &str| {
        let objects = objects(values);
        string(&pod(&objects)["metadata"]["annotations"]["checksum/config"]).to_owned()
    };
    assert_eq!(checksum("").len(), 64);
    assert_ne!(checksum(""), checksum("platform: {cni: Standard}"));
    assert_eq!(checksum(""), checksum("service: {port: 80}"));
}

#[test]
fn chart_and_operator_have_one_version() {
    let chart: Value = serde_saphyr::from_str(&read("charts/appnet/Chart.yaml")).expect("YAML");
    for field in ["version", "appVersion"] {
        assert_eq!(chart[field], env!("CARGO_PKG_VERSION"), "{field}");
    }
}
