//! The condition types, each with the reasons it can have.

/// A condition of an `AppNetworkProfile`.
///
/// All of the first seven are always there and mean well when `True`. The last three are there only when
/// `True`, as the kstatus convention asks, so that Helm, Flux and Argo CD tell success, failure and waiting apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConditionType {
    /// The summary.
    ///
    /// True: `Reconciled`, `ReadyWithWarnings`. False: `InvalidSpec`, `ApplyFailed`, `AuditOnly`, `Disabled`, and the
    /// reason of the condition that stands in the way. Unknown: `Progressing`.
    Ready,
    /// The profile is valid and may be applied in its namespace.
    ///
    /// True: `Accepted`. False: `InvalidSpec`, `ProtectedNamespace`, `AboveCeiling`, `TooLarge`.
    Accepted,
    /// The API server holds the policies that the profile asks for.
    ///
    /// True: `Applied`. False: `AuditOnly`, `Disabled`, `DNSNotFound`, `Forbidden`, `PolicyNameTaken`, `QuotaExceeded`,
    /// `TooLarge`, `ApplyFailed`.
    /// Unknown: `Progressing`.
    PoliciesApplied,
    /// Nobody else changed the policies.
    ///
    /// True: `NoDrift`, `DriftRepaired`. False: `DriftDetected`, `DriftFighting`.
    InSync,
    /// Every selector of the profile matches something.
    ///
    /// True: `AllMatched`. False: `NoMatchingPods`, `NoMatchingNamespaces`, `NamedPortNotFound`, `PodInSeveralTiers`.
    LabelsMatched,
    /// What the profile refers to was found.
    ///
    /// True: `Resolved`. False: `DNSNotFound`, `IngressControllerNotFound`, `MonitoringNotFound`, `ServiceNotFound`,
    /// `CiliumNotFound`.
    ReferencesResolved,
    /// Something that enforces NetworkPolicy was found in the cluster.
    ///
    /// True: `CNIDetected`. False: `CNIDoesNotEnforce`. Unknown: `CNIUnknown`.
    EnforcementDetected,
    /// The operator is still working on the present generation. Only there when True: `Progressing`.
    Reconciling,
    /// The operator cannot go on until someone acts. Only there when True; the reason is that of `Ready`.
    Stalled,
    /// `spec.suspend` is true. Only there when True: `Suspended`.
    Suspended,
}

impl ConditionType {
    /// All types, in the order in which the status shows them.
    pub const ALL: [Self; 10] = [
        Self::Ready,
        Self::Accepted,
        Self::PoliciesApplied,
        Self::InSync,
        Self::LabelsMatched,
        Self::ReferencesResolved,
        Self::EnforcementDetected,
        Self::Reconciling,
        Self::Stalled,
        Self::Suspended,
    ];

    /// The type as it stands in the status.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Accepted => "Accepted",
            Self::PoliciesApplied => "PoliciesApplied",
            Self::InSync => "InSync",
            Self::LabelsMatched => "LabelsMatched",
            Self::ReferencesResolved => "ReferencesResolved",
            Self::EnforcementDetected => "EnforcementDetected",
            Self::Reconciling => "Reconciling",
            Self::Stalled => "Stalled",
            Self::Suspended => "Suspended",
        }
    }
}
