{{/* The chart's name, which is a label of every object. */}}
{{- define "appnet.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{/* The name of the objects. 50 characters leave room for what follows the name within the 63 of a label. */}}
{{- define "appnet.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- $name := include "appnet.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{/*
The name of objects that belong to no namespace. Operators of one namespace each may be installed several times under one
name, in a namespace each.
*/}}
{{- define "appnet.clusterName" -}}
{{- if .Values.watchNamespace }}
{{- printf "%s-%s" (include "appnet.fullname" .) .Release.Namespace }}
{{- else }}
{{- include "appnet.fullname" . }}
{{- end }}
{{- end }}

{{- define "appnet.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "appnet.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* Which Pods are the operator's. Never changes for an installed release: a Deployment's selector cannot. */}}
{{- define "appnet.selectorLabels" -}}
app.kubernetes.io/name: {{ include "appnet.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{/* The labels of an object; "appnet.labelsWith" (list . LABELS) adds more, and the latter win over commonLabels. */}}
{{- define "appnet.labels" -}}
{{ include "appnet.labelsWith" (list . dict) }}
{{- end }}

{{- define "appnet.labelsWith" -}}
{{- $more := index . 1 }}
{{- with index . 0 -}}
{{ include "appnet.selectorLabels" . }}
{{ include "appnet.otherLabels" (list . $more) }}
{{- end }}
{{- end }}

{{/* Of Pods that are not the operator's: the Service must not send anything there. */}}
{{- define "appnet.testLabels" -}}
app.kubernetes.io/name: {{ include "appnet.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: test
{{- end }}

{{- define "appnet.otherLabels" -}}
{{- $more := index . 1 }}
{{- with index . 0 -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: appnet
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with merge (dict) $more (default dict .Values.commonLabels) }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end }}

{{- define "appnet.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if or .tag (not .digest) }}:{{ default $.Chart.AppVersion .tag }}{{ end }}{{ with .digest }}@{{ . }}{{ end }}
{{- end }}
{{- end }}
