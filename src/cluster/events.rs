//! Publishes Events on profiles.

use std::sync::Arc;

use k8s_openapi::api::core::v1::ObjectReference;
use kube::{
    Resource,
    runtime::events::{Event, EventType, Recorder, Reporter},
};

use super::{Requests, Trouble, told::Told};
use crate::{
    api::AppNetworkProfile,
    policy::FIELD_MANAGER,
    report::{Note, Severity},
};

/// Longer notes are refused by the API server.
const LONGEST_NOTE: usize = 1000;

/// Publishes Events. Built once: repetitions are recognised within one recorder.
#[derive(Clone)]
pub struct Events {
    recorder: Recorder,
    requests: Requests,
    told: Arc<Told>,
}

impl Events {
    /// Events that this operator reports.
    #[must_use]
    pub fn new(requests: &Requests, instance: Option<String>) -> Self {
        let reporter = Reporter { controller: FIELD_MANAGER.into(), instance };
        Self {
            recorder: Recorder::new(requests.client.clone(), reporter),
            requests: requests.clone(),
            told: Arc::default(),
        }
    }

    /// Publishes. An Event that cannot be published is logged: it must not fail what it tells about.
    pub async fn publish(&self, profile: &AppNetworkProfile, notes: &[Note]) {
        let about = profile.object_ref(&());
        for note in notes {
            let mut text = note.text.clone();
            let end = (0..=LONGEST_NOTE.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
            text.truncate(end.unwrap_or_default());
            let event = Event {
                type_: match note.severity {
                    Severity::Normal => EventType::Normal,
                    Severity::Warning => EventType::Warning,
                },
                reason: note.reason.as_str().into(),
                note: Some(text),
                action: "Reconcile".into(),
                // The recorder takes Events that differ only in their note for repetitions and keeps the first note;
                // naming the policy keeps the news of two policies apart.
                secondary: note.policy.as_ref().map(|(kind, policy)| ObjectReference {
                    api_version: Some(kind.api_version().into()),
                    kind: Some(kind.as_str().into()),
                    namespace: about.namespace.clone(),
                    name: Some(policy.clone()),
                    ..ObjectReference::default()
                }),
            };
            if let Err(error) = self.requests.within(self.recorder.publish(&event, &about)).await {
                // The next leader tells what is still true.
                if error.trouble() == Trouble::NotLeading {
                    return;
                }
                if let Some(error) = self.told.news(&error) {
                    tracing::warn!(error, reason = %note.reason, "an Event could not be published");
                } else {
                    tracing::debug!(%error, reason = %note.reason, "another Event could not be published");
                }
            }
        }
    }
}
