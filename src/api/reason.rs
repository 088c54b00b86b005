//! The one vocabulary of reasons: conditions, events, metric labels, plugin output and docs use these words.

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident $text:literal,)+) => {
        /// Why a condition is what it is, why an event was sent, what a finding is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Reason {
            /// All reasons, in the order in which the docs list them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The reason as it stands in conditions and events.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

reasons! {
    /// The policies are as the profile asks, and nothing needs attention.
    Reconciled "Reconciled",
    /// The policies are as the profile asks; another condition names something to look at.
    ReadyWithWarnings "ReadyWithWarnings",
    /// The operator is at work, or waits to try again.
    Progressing "Progressing",
    /// The profile is valid.
    Accepted "Accepted",
    /// The profile has a problem that only its author can mend. The last good policies stay.
    InvalidSpec "InvalidSpec",
    /// Profiles are refused in this namespace, because isolating it would break the cluster or the operator.
    ProtectedNamespace "ProtectedNamespace",
    /// A CIDR of the profile lies outside what the platform allows.
    AboveCeiling "AboveCeiling",
    /// A policy of the profile would be too large for the API server.
    TooLarge "TooLarge",
    /// The API server holds every policy as it should be.
    Applied "Applied",
    /// Mode is `Audit`: nothing is written, `status.plan` says what would be.
    AuditOnly "AuditOnly",
    /// Mode is `Disabled`: the policies were removed.
    Disabled "Disabled",
    /// `spec.suspend` is true: nothing is touched.
    Suspended "Suspended",
    /// The operator lacks a right on NetworkPolicies, or on those of Cilium.
    Forbidden "Forbidden",
    /// A policy of the wanted name is there and is not ours; it is left alone.
    PolicyNameTaken "PolicyNameTaken",
    /// A ResourceQuota of the namespace leaves no room for a policy.
    QuotaExceeded "QuotaExceeded",
    /// The API server did not take a write; it will be tried again.
    ApplyFailed "ApplyFailed",
    /// No policy was changed by anyone else.
    NoDrift "NoDrift",
    /// Someone changed a policy, and it was put back.
    DriftRepaired "DriftRepaired",
    /// Someone changed a policy, and `driftPolicy` is `Report`.
    DriftDetected "DriftDetected",
    /// Someone changes a policy again and again; the operator repairs it more and more slowly.
    DriftFighting "DriftFighting",
    /// Every selector matches something.
    AllMatched "AllMatched",
    /// A tier or peer selects no Pod.
    NoMatchingPods "NoMatchingPods",
    /// A peer's namespace is not there, or no namespace has the labels it asks for.
    NoMatchingNamespaces "NoMatchingNamespaces",
    /// No container of a tier's Pods has a port of the declared name.
    NamedPortNotFound "NamedPortNotFound",
    /// A Pod belongs to more than one tier; it gets what both allow.
    PodInSeveralTiers "PodInSeveralTiers",
    /// Everything that the profile refers to was found.
    Resolved "Resolved",
    /// No DNS was found; nothing that would cut DNS is written.
    DnsNotFound "DNSNotFound",
    /// A tier is exposed, neither the profile nor the platform names an ingress controller, and the cluster's objects tell none.
    IngressControllerNotFound "IngressControllerNotFound",
    /// A tier has metrics, neither the profile nor the platform names a scraper, and the cluster's objects tell none.
    MonitoringNotFound "MonitoringNotFound",
    /// A Service, or a port of it, was not found, or has nothing that a policy can name.
    ServiceNotFound "ServiceNotFound",
    /// The platform says `cni: Cilium`, and the cluster does not know policies of Cilium's own.
    CiliumNotFound "CiliumNotFound",
    /// Plugin: the egress of some Pods is isolated, and nothing lets them ask DNS.
    DnsBlocked "DNSBlocked",
    /// Plugin: some Pods may ask DNS over UDP only; long answers come over TCP.
    DnsOverUdpOnly "DNSOverUDPOnly",
    /// Plugin: a rule lets everyone in, or lets Pods call everyone.
    AllowsEverything "AllowsEverything",
    /// Plugin: a block of addresses holds the one where clouds hand out credentials.
    MetadataReachable "MetadataReachable",
    /// Plugin: a block of addresses holds Pods; what it means for them is not defined.
    BlockHoldsPods "BlockHoldsPods",
    /// Plugin: a policy has rules for a direction that its `policyTypes` leave out.
    RuleIgnored "RuleIgnored",
    /// Plugin: a rule allows nothing that another rule of the policy does not allow.
    RuleRepeats "RuleRepeats",
    /// Plugin: DNS is allowed to Pods by labels that no DNS Pod has.
    DnsLabelsWrong "DNSLabelsWrong",
    /// Plugin: DNS is allowed at a port on which the DNS Pods do not listen.
    DnsPortWrong "DNSPortWrong",
    /// Plugin: a DNS cache runs on each node, and Pods may not ask it.
    NodeLocalDnsBlocked "NodeLocalDNSBlocked",
    /// Plugin: the DNS Pods themselves are isolated, and do not let everyone ask.
    DnsPodsIsolated "DNSPodsIsolated",
    /// Plugin: Pods ask a resolver of their own choice, and may not call it.
    ResolverBlocked "ResolverBlocked",
    /// Plugin: Pods answer some names themselves, from `/etc/hosts`.
    HostAliases "HostAliases",
    /// Plugin: the ingress controller may not call the Pods that it leads to.
    IngressBlocked "IngressBlocked",
    /// Plugin: the ingress controller is on the host network, where no selector finds it.
    IngressControllerOnHostNetwork "IngressControllerOnHostNetwork",
    /// Plugin: a rule is about addresses of clients, and the Service replaces them by a node's.
    ClientAddressLost "ClientAddressLost",
    /// Plugin: a call within a namespace is denied, or one half of it is missing.
    SameNamespaceBlocked "SameNamespaceBlocked",
    /// Plugin: a call from another namespace is denied, or one half of it is missing.
    CrossNamespaceBlocked "CrossNamespaceBlocked",
    /// Plugin: a call to an address outside the cluster is denied.
    EgressBlocked "EgressBlocked",
    /// Plugin: blocks of addresses of one family only, for Pods that have both.
    OneFamilyOnly "OneFamilyOnly",
    /// Plugin: a Service leads to nobody.
    ServiceWithoutEndpoints "ServiceWithoutEndpoints",
    /// Plugin: a Service leads to a port that no container of its Pods has.
    TargetPortWrong "TargetPortWrong",
    /// Plugin: Pods behind a Service are not ready.
    PodsNotReady "PodsNotReady",
    /// Plugin: no policy stands in the way; if the call fails, it is not because of one.
    NoPolicyStandsInTheWay "NoPolicyStandsInTheWay",
    /// Plugin: what happens to a connection cannot be known from policies.
    CannotBeKnown "CannotBeKnown",
    /// Plugin: a scraper may not call what it scrapes.
    MonitoringBlocked "MonitoringBlocked",
    /// Plugin: a monitor names a port that the Pods do not have.
    MonitorPortWrong "MonitorPortWrong",
    /// Plugin: the API server may not call a webhook.
    WebhookBlocked "WebhookBlocked",
    /// Plugin: the proxies of a mesh may not make their calls.
    MeshPortsBlocked "MeshPortsBlocked",
    /// Plugin: a policy selects Pods on the host network, where none applies.
    HostNetwork "HostNetwork",
    /// Plugin: a policy that no profile wrote selects Pods of a profile.
    PolicyOfOthers "PolicyOfOthers",
    /// Plugin: policies of another API count too, and are not evaluated.
    NotEvaluated "NotEvaluated",
    /// Plugin: a policy is beyond what the CNI can do, or trips over a fault of it.
    CniLimits "CNILimits",
    /// Pods of a CNI that enforces NetworkPolicy were found.
    CniDetected "CNIDetected",
    /// Only Pods of a CNI that does not enforce NetworkPolicy were found, or of one whose settings switch that off.
    CniDoesNotEnforce "CNIDoesNotEnforce",
    /// No known CNI was found.
    CniUnknown "CNIUnknown",
    /// Event: a policy was written for the first time.
    PolicyCreated "PolicyCreated",
    /// Event: a policy was changed because the profile or what it refers to changed.
    PolicyUpdated "PolicyUpdated",
    /// Event: a policy that is no longer wanted was removed.
    PolicyDeleted "PolicyDeleted",
    /// Event: mode is `Audit`, and enforcing would cut flows.
    FlowsWouldBeCut "FlowsWouldBeCut",
}

impl serde::Serialize for Reason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
