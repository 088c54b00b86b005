//! What the settings and programs of the network say about enforcement.

/// What tells whether policies are enforced, beside the labels of Pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkSigns {
    /// Cilium's settings.
    pub cilium: Option<CiliumConfig>,
    /// Is the agent of the AWS VPC CNI told to enforce policies?
    pub aws_agent: Option<bool>,
    /// Is its controller, which hands the policies to the agent, switched on?
    pub aws_controller: Option<bool>,
    /// The day on which the release of kindnet was made, as its image's tag says: `20240813`.
    pub kindnet: Option<u32>,
}

/// What is needed of the `ConfigMap` `cilium-config`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CiliumConfig {
    /// Its namespace, which is that of Cilium.
    pub namespace: String,
    /// The setting `enable-policy`; `never` switches all policies off.
    pub enable_policy: String,
    /// The setting `enable-k8s-networkpolicy`: are Kubernetes' own policies looked at (cilium/cilium#23127)?
    pub takes_network_policies: bool,
}

impl NetworkSigns {
    /// Takes in what something else says of what is not known yet.
    pub fn add(&mut self, other: Self) {
        let Self { cilium, aws_agent, aws_controller, kindnet } = other;
        self.cilium = self.cilium.take().or(cilium);
        self.aws_agent = self.aws_agent.or(aws_agent);
        self.aws_controller = self.aws_controller.or(aws_controller);
        self.kindnet = self.kindnet.or(kindnet);
    }

    /// Does the AWS VPC CNI enforce policies? It takes both of its parts; the settings of many clusters do not name the
    /// controller, which the cloud runs.
    #[must_use]
    pub fn aws_enforces(&self) -> Option<bool> {
        match (self.aws_agent, self.aws_controller) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (agent, _) => agent,
        }
    }
}
