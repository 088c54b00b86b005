//! The kinds that are read, by group and name. Any version of a group is taken: what is needed of them is the same.

/// A kind of object that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(usize);

/// How an object of a kind is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Namespace,
    Pod,
    /// It has a template for Pods at `spec.template`.
    Workload,
    /// It has one further down, in a template for Jobs.
    CronJob,
    /// Of a kind that nobody listed, it may have one at `spec.template`.
    MayRunPods,
    Service,
    EndpointSlice,
    NetworkPolicy,
    Ingress,
    Route,
    GatewayRoute,
    /// A policy that is not evaluated.
    Other,
    /// Who serves ways in of a class.
    Class,
    /// Where ways in of a Gateway arrive.
    Gateway,
    /// What is scraped.
    Monitor,
    /// Who scrapes it.
    Scraper,
    /// Services that the API server calls.
    Webhooks,
    /// Settings of a network plugin.
    Settings,
}

struct Row {
    groups: &'static [&'static str],
    name: &'static str,
    form: Form,
    namespaced: bool,
}

const fn row(groups: &'static [&'static str], name: &'static str, form: Form) -> Row {
    Row { groups, name, form, namespaced: true }
}

const fn of_the_cluster(groups: &'static [&'static str], name: &'static str, form: Form) -> Row {
    Row { groups, name, form, namespaced: false }
}

/// Groups beside the first are older homes of the same kind, or another door to the same objects.
const APPS: &[&str] = &["apps", "extensions"];
const CALICO: &[&str] = &["projectcalico.org", "crd.projectcalico.org"];
const GATEWAY: &[&str] = &["gateway.networking.k8s.io"];
const ADMIN: &[&str] = &["policy.networking.k8s.io"];
const ANTREA: &[&str] = &["crd.antrea.io"];
const MONITORS: &[&str] = &["monitoring.coreos.com"];
const WEBHOOKS: &[&str] = &["admissionregistration.k8s.io"];

const ROWS: [Row; 39] = [
    row(&[""], "Pod", Form::Pod),
    row(&[""], "Service", Form::Service),
    row(&["discovery.k8s.io"], "EndpointSlice", Form::EndpointSlice),
    row(&["networking.k8s.io", "extensions"], "NetworkPolicy", Form::NetworkPolicy),
    of_the_cluster(&[""], "Namespace", Form::Namespace),
    row(APPS, "Deployment", Form::Workload),
    row(APPS, "ReplicaSet", Form::Workload),
    row(APPS, "StatefulSet", Form::Workload),
    row(APPS, "DaemonSet", Form::Workload),
    row(&[""], "ReplicationController", Form::Workload),
    row(&["batch"], "Job", Form::Workload),
    row(&["batch"], "CronJob", Form::CronJob),
    row(&["apps.openshift.io", ""], "DeploymentConfig", Form::Workload),
    row(&["networking.k8s.io", "extensions"], "Ingress", Form::Ingress),
    row(&["route.openshift.io", ""], "Route", Form::Route),
    row(GATEWAY, "HTTPRoute", Form::GatewayRoute),
    row(GATEWAY, "GRPCRoute", Form::GatewayRoute),
    row(GATEWAY, "TCPRoute", Form::GatewayRoute),
    row(GATEWAY, "TLSRoute", Form::GatewayRoute),
    row(GATEWAY, "UDPRoute", Form::GatewayRoute),
    of_the_cluster(ADMIN, "AdminNetworkPolicy", Form::Other),
    of_the_cluster(ADMIN, "BaselineAdminNetworkPolicy", Form::Other),
    of_the_cluster(ADMIN, "ClusterNetworkPolicy", Form::Other),
    row(&["cilium.io"], "CiliumNetworkPolicy", Form::Other),
    of_the_cluster(&["cilium.io"], "CiliumClusterwideNetworkPolicy", Form::Other),
    row(CALICO, "NetworkPolicy", Form::Other),
    of_the_cluster(CALICO, "GlobalNetworkPolicy", Form::Other),
    row(ANTREA, "NetworkPolicy", Form::Other),
    of_the_cluster(ANTREA, "ClusterNetworkPolicy", Form::Other),
    row(&["security.istio.io"], "AuthorizationPolicy", Form::Other),
    of_the_cluster(&["networking.k8s.io"], "IngressClass", Form::Class),
    row(GATEWAY, "Gateway", Form::Gateway),
    row(MONITORS, "ServiceMonitor", Form::Monitor),
    row(MONITORS, "PodMonitor", Form::Monitor),
    row(MONITORS, "Prometheus", Form::Scraper),
    of_the_cluster(WEBHOOKS, "ValidatingWebhookConfiguration", Form::Webhooks),
    of_the_cluster(WEBHOOKS, "MutatingWebhookConfiguration", Form::Webhooks),
    row(&[""], "ConfigMap", Form::Settings),
    // Its objects say themselves what their kind is called.
    row(&[], "", Form::MayRunPods),
];

impl Kind {
    /// What an apiVersion and a kind stand for; nothing when such objects are not read.
    #[must_use]
    pub fn of(api_version: &str, kind: &str) -> Option<Self> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        ROWS.iter().position(|row| row.name == kind && row.groups.contains(&group)).map(Self)
    }

    /// What any other kind is read as: operators bring workloads of their own.
    #[must_use]
    pub const fn that_may_run_pods() -> Self {
        Self(ROWS.len() - 1)
    }

    /// The groups of all kinds, each once, those of Kubernetes itself first.
    pub fn groups() -> impl Iterator<Item = &'static str> {
        let all = || ROWS.iter().flat_map(|row| row.groups);
        all()
            .enumerate()
            .filter(move |(place, group)| all().take(*place).all(|other| other != *group))
            .map(|(_, group)| *group)
    }

    fn row(self) -> &'static Row {
        &ROWS[self.0]
    }

    pub(super) fn form(self) -> Form {
        self.row().form
    }

    /// Do objects of a kind of this name live in namespaces? What is not read mostly does.
    #[must_use]
    pub fn lives_in_namespaces(name: &str) -> bool {
        ROWS.iter().filter(|row| row.name == name).all(|row| row.namespaced)
    }

    /// Its name, as `Deployment`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Is it networking.k8s.io's NetworkPolicy?
    #[must_use]
    pub fn is_policy(self) -> bool {
        self.form() == Form::NetworkPolicy
    }

    /// Does it say nothing by itself about who may reach whom? It tells who calls from beyond an app, or why a connection fails
    /// all the same.
    #[must_use]
    pub fn is_detail(self) -> bool {
        self.is_for_diagnosis() || matches!(self.form(), Form::Class | Form::Gateway | Form::Monitor | Form::Scraper)
    }

    /// Is it read only where it is searched why a connection fails?
    #[must_use]
    pub fn is_for_diagnosis(self) -> bool {
        matches!(self.form(), Form::Webhooks | Form::Settings)
    }

    /// The only namespace in which its objects matter, if there is one: settings of the network are in `kube-system`, and
    /// nobody lists all the others of a cluster for them.
    #[must_use]
    pub fn only_in(self) -> Option<&'static str> {
        (self.form() == Form::Settings).then_some("kube-system")
    }

    /// Do its objects live in namespaces?
    #[must_use]
    pub fn is_namespaced(self) -> bool {
        self.row().namespaced
    }

    /// Its name, with its group where several kinds have the name: `NetworkPolicy.crd.antrea.io`.
    #[must_use]
    pub fn full_name(self) -> String {
        let Row { name, groups, .. } = self.row();
        // The first of a name is Kubernetes' own.
        let first = ROWS.iter().position(|row| row.name == *name) == Some(self.0);
        if first { (*name).to_owned() } else { format!("{name}.{}", groups[0]) }
    }
}
