{{- define "token-optimizer.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "token-optimizer.selector" -}}
app.kubernetes.io/name: token-optimizer
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "token-optimizer.labels" -}}
{{ include "token-optimizer.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* What all pods have in common. */}}
{{- define "token-optimizer.pod" -}}
serviceAccountName: {{ .Release.Name }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
volumes:
  - name: state
    emptyDir: {sizeLimit: {{ .Values.stateSize }}}
  - name: tmp
    emptyDir: {sizeLimit: 1Gi}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What all containers have in common. */}}
{{- define "token-optimizer.container" -}}
image: {{ include "token-optimizer.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  readOnlyRootFilesystem: true
  allowPrivilegeEscalation: false
  capabilities: {drop: [ALL]}
env:
  {{- range list "DATABASE_URL" "REDIS_URL" "DJANGO_SECRET_KEY" "OPTIMIZER_ENCRYPTION_KEY" }}
  - name: {{ . }}
    valueFrom: {secretKeyRef: {name: {{ $.Values.secretName }}, key: {{ . }}}}
  {{- end }}
envFrom:
  - configMapRef: {name: {{ .Release.Name }}}
  - secretRef: {name: {{ .Values.secretName }}}
volumeMounts:
  - {name: state, mountPath: /state}
  - {name: tmp, mountPath: /tmp}
{{- end }}

{{/* Pods start when the job has brought the database up to their version. */}}
{{- define "token-optimizer.wait" -}}
- name: wait-for-prepare
  command: [sh, -c, "until python manage.py migrate --check; do sleep 3; done"]
  resources:
    {{- toYaml .Values.prepare.resources | nindent 4 }}
  {{- include "token-optimizer.container" . | nindent 2 }}
{{- end }}

{{/* A sidecar, since others reach it by a socket in the pod's volume. */}}
{{- define "token-optimizer.embedding" -}}
- name: embedding
  command: [python, manage.py, embedding]
  restartPolicy: Always
  # Whoever embeds goes on without it meanwhile: it keeps no pod from being ready.
  livenessProbe:
    exec: {command: [test, -S, /state/run/embedding.sock]}
    initialDelaySeconds: 30
    periodSeconds: 30
  resources:
    {{- toYaml .Values.embedding.resources | nindent 4 }}
  {{- include "token-optimizer.container" . | nindent 2 }}
{{- end }}

{{- define "token-optimizer.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "token-optimizer.selector" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "token-optimizer.disruption" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .root.Release.Name }}-{{ .component }}
  labels:
    {{- include "token-optimizer.labels" .root | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "token-optimizer.selector" .root | nindent 6 }}
      app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "token-optimizer.autoscaling" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ .root.Release.Name }}-{{ .component }}
  labels:
    {{- include "token-optimizer.labels" .root | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ .root.Release.Name }}-{{ .component }}
  minReplicas: {{ .values.replicas }}
  maxReplicas: {{ .values.autoscaling.maxReplicas }}
  metrics:
    - type: ContainerResource
      containerResource:
        name: cpu
        container: {{ .component }}
        target: {type: Utilization, averageUtilization: {{ .values.autoscaling.cpuPercent }}}
{{- end }}
