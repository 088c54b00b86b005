{{/* What the operator reads anywhere: profiles refer to Pods, Services and namespaces of the whole cluster. */}}
{{- define "appnet.rightsToRead" -}}
- apiGroups: [""]
  resources: [namespaces, pods, services]
  verbs: [list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list, watch]
{{- if and (eq .Values.platform.discovery "Auto") (not .Values.platform.ingressControllers) }}
- apiGroups: [networking.k8s.io]
  resources: [ingresses, ingressclasses]
  verbs: [list, watch]
- apiGroups: [gateway.networking.k8s.io]
  resources: [gateways, httproutes, grpcroutes]
  verbs: [list, watch]
{{- end }}
{{- if and (eq .Values.platform.discovery "Auto") (not .Values.platform.monitoring) }}
- apiGroups: [monitoring.coreos.com]
  resources: [podmonitors, servicemonitors, prometheuses]
  verbs: [list, watch]
{{- end }}
{{- if eq .Values.platform.cni "Auto" }}
- apiGroups: [""]
  resources: [configmaps]
  resourceNames: [amazon-vpc-cni, cilium-config]
  verbs: [get]
- apiGroups: [apps]
  resources: [daemonsets]
  resourceNames: [aws-node, kindnet]
  verbs: [get]
{{- end }}
{{- end }}

{{/* What it reads and writes where it manages profiles. */}}
{{- define "appnet.rightsToManage" -}}
- apiGroups: [appnet.dev]
  resources: [appnetworkprofiles]
  verbs: [get, list, watch]
- apiGroups: [appnet.dev]
  resources: [appnetworkprofiles/status]
  verbs: [update]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [list, watch, create, update, delete]
{{- if ne .Values.platform.cni "Standard" }}
- apiGroups: [cilium.io]
  resources: [ciliumnetworkpolicies]
  verbs: [list, watch, create, update, delete]
{{- end }}
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}
