{{/* Names and labels; what is derived from values; what is refused that a schema can't say. */}}

{{- define "intune-pfx-gateway.fullname" -}}
{{- $name := ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) (contains .Chart.Name .Release.Name) -}}
{{- .Values.fullnameOverride | default $name | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "intune-pfx-gateway.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "intune-pfx-gateway.labels" -}}
{{ include "intune-pfx-gateway.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "intune-pfx-gateway.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "intune-pfx-gateway.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end }}

{{/* The label by which alert rules and dashboard tell this release's metrics from others of the same names. */}}
{{- define "intune-pfx-gateway.job" -}}
{{- .Values.metrics.job | default (include "intune-pfx-gateway.fullname" .) -}}
{{- end }}

{{- define "intune-pfx-gateway.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* A value as a variable's text. Helm has whole numbers of a values file as floats, which would print as 2.097152e+06. */}}
{{- define "intune-pfx-gateway.text" -}}
{{- if kindIs "float64" . }}{{ if eq . (floor .) }}{{ int64 . }}{{ else }}{{ . }}{{ end }}{{ else }}{{ . }}{{ end -}}
{{- end }}

{{- define "intune-pfx-gateway.mostReplicas" -}}
{{- ternary .Values.autoscaling.maxReplicas .Values.replicaCount .Values.autoscaling.enabled | int -}}
{{- end }}

{{/*
Graph's quota is the application's: what Redis does not share out among replicas is divided by their largest number. The one pod
more that a rollout has for a while is not counted: the gateway waits as long as Graph's 429 says.
*/}}
{{- define "intune-pfx-gateway.writesPer20s" -}}
{{- $quota := int .Values.config.GRAPH_WRITES_PER_20S -}}
{{- if .Values.files.REDIS_URL_FILE -}}
{{ $quota }}
{{- else -}}
{{ max 1 (div $quota (max 1 (include "intune-pfx-gateway.mostReplicas" .))) }}
{{- end -}}
{{- end }}

{{/* The sleep, the longest request, and ten seconds to write answers, flush traces and close. */}}
{{- define "intune-pfx-gateway.gracePeriodSeconds" -}}
{{- $deadline := divf .Values.config.REQUEST_DEADLINE_MS 1000 | ceil | int -}}
{{- add .Values.preStopSeconds $deadline 10 -}}
{{- end }}

{{/* The longest request, and five seconds for its body and its answer. */}}
{{- define "intune-pfx-gateway.routeSeconds" -}}
{{- add (divf .Values.config.REQUEST_DEADLINE_MS 1000 | ceil | int) 5 -}}
{{- end }}

{{/* Said here, since the gateway would say it in a pod that restarts for ever. */}}
{{- define "intune-pfx-gateway.check" -}}
{{- $credentials := list -}}
{{- range list "AZURE_CLIENT_SECRET_FILE" "AZURE_CLIENT_CERTIFICATE_PATH" -}}
{{- if index $.Values.files . }}{{ $credentials = append $credentials (printf "files.%s" .) }}{{ end -}}
{{- end -}}
{{- if .Values.workloadIdentity.enabled }}{{ $credentials = append $credentials "workloadIdentity.enabled" }}{{ end -}}
{{- if .Values.config.AZURE_FEDERATED_IDENTITY_CLIENT_ID }}{{ $credentials = append $credentials "config.AZURE_FEDERATED_IDENTITY_CLIENT_ID" }}{{ end -}}
{{- if .Values.config.AZURE_USE_MANAGED_IDENTITY }}{{ $credentials = append $credentials "config.AZURE_USE_MANAGED_IDENTITY" }}{{ end -}}
{{- if and (ne .Values.config.AUTH_MODE "passthrough") (ne (len $credentials) 1) -}}
{{- fail (printf "AUTH_MODE %s needs exactly one credential: files.AZURE_CLIENT_SECRET_FILE, files.AZURE_CLIENT_CERTIFICATE_PATH, workloadIdentity.enabled, config.AZURE_FEDERATED_IDENTITY_CLIENT_ID, or in app mode config.AZURE_USE_MANAGED_IDENTITY; given: %s" .Values.config.AUTH_MODE (join ", " $credentials | default "none")) -}}
{{- end -}}
{{- range list "serviceMonitor" "prometheusRule" -}}
{{- if and (index $.Values.metrics .).enabled (not $.Values.metrics.enabled) -}}
{{- fail (printf "metrics.%s.enabled needs metrics.enabled: without metrics there is nothing to watch" .) -}}
{{- end -}}
{{- end -}}
{{- end }}
