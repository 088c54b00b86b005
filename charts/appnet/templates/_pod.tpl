{{- define "appnet.args" -}}
- --config=/etc/appnet/config.yaml
{{- if contains ":" .Values.listenAddress }}
- --listen=[{{ .Values.listenAddress }}]:8080
{{- else }}
- --listen={{ .Values.listenAddress }}:8080
{{- end }}
{{- with .Values.watchNamespace }}
- --namespace={{ . }}
{{- end }}
- --concurrency={{ .Values.concurrency }}
- --request-timeout={{ .Values.requestTimeout }}
- --resync={{ .Values.resync }}
- --shutdown-timeout={{ .Values.shutdownTimeout }}
- --log-format={{ .Values.logFormat }}
- {{ printf "--log=%s" .Values.logFilter | quote }}
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end }}

{{- define "appnet.env" -}}
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
{{- with .Values.leaderElection }}
- name: APPNET_LEADER_ELECTION
  value: {{ .enabled | quote }}
{{- if .enabled }}
- name: APPNET_LEASE_NAME
  value: {{ include "appnet.fullname" $ }}
- name: APPNET_LEASE_DURATION
  value: {{ .leaseDuration | quote }}
- name: APPNET_RENEW_DEADLINE
  value: {{ .renewDeadline | quote }}
- name: APPNET_RETRY_PERIOD
  value: {{ .retryPeriod | quote }}
{{- end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Which nodes the Pods run on. */}}
{{- define "appnet.placement" -}}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
{{- toYaml . | nindent 0 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- $own := dict "labelSelector" (dict "matchLabels" (include "appnet.selectorLabels" . | fromYaml)) }}
{{- $spread := .Values.topologySpreadConstraints }}
{{- if and .Values.highAvailability (not $spread) }}
{{- /* Where it cannot be had, a Pod on the same node is better than none. */}}
{{- $wish := dict "maxSkew" 1 "whenUnsatisfiable" "ScheduleAnyway" "matchLabelKeys" (list "pod-template-hash") }}
{{- $spread = list (merge (dict "topologyKey" "kubernetes.io/hostname") $wish) (merge (dict "topologyKey" "topology.kubernetes.io/zone") $wish) }}
{{- end }}
{{- with $spread }}
topologySpreadConstraints:
{{- range . }}
{{- $one := deepCopy . }}
{{- if not (hasKey $one "labelSelector") }}{{- $one = merge $one $own }}{{- end }}
- {{- $one | toYaml | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}
