//! The platform that profiles are meant for.

use std::path::Path;

use crate::{api::OperatorConfig, model::Platform};

/// The platform of an operator's configuration file; without a file, one without limits of its own.
///
/// # Errors
/// When the file cannot be read, or is no valid configuration.
pub fn platform(config: Option<&Path>) -> Result<Platform, String> {
    let Some(path) = config else {
        return Platform::parse(&OperatorConfig::default()).map_err(|problems| problems.to_string());
    };
    read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn read(path: &Path) -> Result<Platform, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
    let config: OperatorConfig =
        serde_saphyr::from_str(&text).map_err(|error| format!("must be an operator's configuration: {error}"))?;
    Platform::parse(&config).map_err(|problems| problems.to_string())
}
