//! A namespace of one test.

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use k8s_openapi::api::core::v1;
use kube::api::{Api, DeleteParams, PostParams};
use kube::{Config, ResourceExt};

use super::control_plane::{ControlPlane, client};

/// A namespace that no other test has. It is deleted when this is dropped, without anyone waiting for it.
pub struct Namespace {
    object: v1::Namespace,
    config: Config,
}

impl Namespace {
    /// Creates one whose name begins with `prefix`.
    pub async fn create(control_plane: &ControlPlane, prefix: &str) -> Self {
        static CREATED: AtomicUsize = AtomicUsize::new(0);
        let mut wanted = v1::Namespace::default();
        wanted.metadata.name = Some(format!("{prefix}-{}", CREATED.fetch_add(1, Ordering::Relaxed)));
        let config = control_plane.config().await;
        let object = Api::all(client(config.clone()))
            .create(&PostParams::default(), &wanted)
            .await
            .unwrap_or_else(|error| panic!("namespace {:?} cannot be created: {error}", wanted.metadata.name));
        Self { object, config }
    }

    /// As the API server stored it.
    pub fn object(&self) -> &v1::Namespace {
        &self.object
    }
}

impl Deref for Namespace {
    type Target = str;

    fn deref(&self) -> &str {
        self.object.metadata.name.as_deref().unwrap_or_default()
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl Drop for Namespace {
    // In a runtime of its own: that of the test ends before a task spawned here would run.
    fn drop(&mut self) {
        let (name, config) = (self.object.name_any(), self.config.clone());
        thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
            runtime.block_on(async {
                let _ = Api::<v1::Namespace>::all(client(config)).delete(&name, &DeleteParams::default()).await;
            });
        });
    }
}
