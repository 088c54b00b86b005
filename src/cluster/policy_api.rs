//! Reads and writes of policies, of either kind.

use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, PostParams, Preconditions},
};

use super::{RequestError, Requests};
use crate::{
    api::{CiliumNetworkPolicy, PolicyKind},
    policy::{FIELD_MANAGER, PolicyObject},
};

/// The policies of one namespace.
pub(super) struct PolicyApi<'a> {
    requests: &'a Requests,
    standard: Api<NetworkPolicy>,
    cilium: Api<CiliumNetworkPolicy>,
}

impl<'a> PolicyApi<'a> {
    pub(super) fn new(requests: &'a Requests, namespace: &str) -> Self {
        Self {
            requests,
            standard: Api::namespaced(requests.client.clone(), namespace),
            cilium: Api::namespaced(requests.client.clone(), namespace),
        }
    }

    /// All policies of this kind.
    pub(super) async fn list(&self, kind: PolicyKind) -> Result<Vec<PolicyObject>, RequestError> {
        let all = ListParams::default();
        Ok(match kind {
            PolicyKind::NetworkPolicy => {
                let list = self.requests.within(self.standard.list(&all)).await?;
                list.items.into_iter().map(PolicyObject::Standard).collect()
            }
            PolicyKind::CiliumNetworkPolicy => {
                let list = self.requests.within(self.cilium.list(&all)).await?;
                list.items.into_iter().map(PolicyObject::Cilium).collect()
            }
        })
    }

    /// `POST`; the object as it was stored.
    pub(super) async fn create(&self, policy: PolicyObject) -> Result<PolicyObject, RequestError> {
        let params = written_by_us();
        Ok(match policy {
            PolicyObject::Standard(policy) => {
                PolicyObject::Standard(self.requests.within(self.standard.create(&params, &policy)).await?)
            }
            PolicyObject::Cilium(policy) => {
                let body = serde_json::to_vec(&policy).map_err(kube::Error::SerdeError)?;
                let request = kube::core::Request::new(self.cilium.resource_url()).create(&params, body);
                PolicyObject::Cilium(self.strictly(request).await?)
            }
        })
    }

    /// `PUT`, with the version that stands in the object; the object as it was stored.
    pub(super) async fn replace(&self, policy: PolicyObject) -> Result<PolicyObject, RequestError> {
        let params = written_by_us();
        let name = policy.metadata().name.clone().unwrap_or_default();
        Ok(match policy {
            PolicyObject::Standard(policy) => {
                PolicyObject::Standard(self.requests.within(self.standard.replace(&name, &params, &policy)).await?)
            }
            PolicyObject::Cilium(policy) => {
                let body = serde_json::to_vec(&policy).map_err(kube::Error::SerdeError)?;
                let request = kube::core::Request::new(self.cilium.resource_url()).replace(&name, &params, body);
                PolicyObject::Cilium(self.strictly(request).await?)
            }
        })
    }

    /// `DELETE`, with the uid and version that stand in the object.
    pub(super) async fn delete(&self, policy: &PolicyObject) -> Result<(), RequestError> {
        let preconditions = Preconditions {
            uid: policy.metadata().uid.clone(),
            resource_version: policy.metadata().resource_version.clone(),
        };
        let params = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
        match policy {
            PolicyObject::Standard(policy) => {
                self.requests.within(self.standard.delete(&policy.name_any(), &params)).await.map(drop)
            }
            PolicyObject::Cilium(policy) => {
                self.requests.within(self.cilium.delete(&policy.name_any(), &params)).await.map(drop)
            }
        }
    }

    /// Asks that a field that the definition does not know be refused. The API server would drop it otherwise, and without
    /// `enableDefaultDeny` (Cilium before 1.16) a policy that only allows would isolate its Pods.
    async fn strictly(
        &self,
        request: Result<http::Request<Vec<u8>>, kube::core::request::Error>,
    ) -> Result<CiliumNetworkPolicy, RequestError> {
        let mut request = request.map_err(kube::Error::BuildRequest)?;
        let strict = format!("{}&fieldValidation=Strict", request.uri());
        *request.uri_mut() = strict.parse().map_err(|error| kube::Error::HttpError(http::Error::from(error)))?;
        self.requests.within(self.requests.client.request(request)).await
    }
}

fn written_by_us() -> PostParams {
    PostParams { field_manager: Some(FIELD_MANAGER.into()), ..PostParams::default() }
}
