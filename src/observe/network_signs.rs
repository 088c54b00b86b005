//! What the settings and programs of the network say about enforcement.

/// What tells whether policies are enforced, beside the labels of Pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkSigns {
    /// Cilium's settings.
    pub cilium: Option<CiliumConfig>,
    /// The AWS VPC CNI is told to enforce policies; nothing when it was not seen.
    pub aws_enforces: Option<bool>,
    /// The version of kindnet, as its image's tag.
    pub kindnet: Option<String>,
}

/// What is needed of the `ConfigMap` `cilium-config`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CiliumConfig {
    /// Its namespace, which is that of Cilium.
    pub namespace: String,
    /// The setting `enable-policy`; `never` switches policies off.
    pub enable_policy: String,
}

impl NetworkSigns {
    /// Takes in what something else says.
    pub fn add(&mut self, other: Self) {
        let Self { cilium, aws_enforces, kindnet } = other;
        self.cilium = self.cilium.take().or(cilium);
        // The settings may switch on what the program's own words leave off.
        self.aws_enforces = self.aws_enforces.max(aws_enforces);
        self.kindnet = self.kindnet.take().or(kindnet);
    }
}
