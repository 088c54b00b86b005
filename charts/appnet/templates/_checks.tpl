{{/* What values.schema.json cannot say: settings that are right one by one and wrong together. */}}
{{- define "appnet.replicas" -}}
{{- $replicas := int .Values.replicas }}
{{- if .Values.highAvailability }}{{ $replicas = max 2 $replicas }}{{ end }}
{{- if and (gt $replicas 1) (not .Values.leaderElection.enabled) }}
{{- fail "several replicas need leaderElection.enabled: true; without it they would write against each other" }}
{{- end }}
{{- $replicas }}
{{- end }}

{{- define "appnet.checks" -}}
{{- with .Values.leaderElection }}
{{- if and .enabled (not (and (lt (mul 12 .retryPeriod) (mul 10 .renewDeadline)) (lt (int .renewDeadline) (int .leaseDuration)))) }}
{{- fail "leaderElection: 1.2 times retryPeriod must be below renewDeadline, and renewDeadline below leaseDuration" }}
{{- end }}
{{- end }}
{{- if and .Values.watchNamespace (has .Values.watchNamespace (list "kube-system" "openshift-dns" .Release.Namespace)) }}
{{- fail (printf "watchNamespace: %s: profiles are refused in kube-system, in openshift-dns and in the operator's own namespace; name that of an app" .Values.watchNamespace) }}
{{- end }}
{{- end }}

{{/* Whether there is a PodDisruptionBudget: "true" or nothing. */}}
{{- define "appnet.hasBudget" -}}
{{- if or .Values.podDisruptionBudget.enabled .Values.highAvailability }}true{{ end }}
{{- end }}
