"""The rules of the ClusterRole ``view`` as Kubernetes 1.34 has it before anybody aggregates rules to it."""

from __future__ import annotations

READ = ["get", "list", "watch"]


def _rule(group: str, *resources: str) -> dict[str, list[str]]:
    return {"apiGroups": [group], "resources": list(resources), "verbs": READ}


_SCALED = ("deployments", "deployments/scale", "replicasets", "replicasets/scale", "statefulsets/scale")
VIEW = [
    _rule("", "configmaps", "endpoints", "persistentvolumeclaims", "persistentvolumeclaims/status", "pods"),
    _rule("", "replicationcontrollers", "replicationcontrollers/scale", "serviceaccounts", "services"),
    _rule("", "services/status", "bindings", "events", "limitranges", "namespaces/status", "pods/log"),
    _rule("", "pods/status", "replicationcontrollers/status", "resourcequotas", "resourcequotas/status"),
    _rule("", "namespaces"),
    _rule("discovery.k8s.io", "endpointslices"),
    _rule("apps", "controllerrevisions", "daemonsets", "daemonsets/status", "statefulsets", *_SCALED),
    _rule("apps", "deployments/status", "replicasets/status", "statefulsets/status"),
    _rule("autoscaling", "horizontalpodautoscalers", "horizontalpodautoscalers/status"),
    _rule("batch", "cronjobs", "cronjobs/status", "jobs", "jobs/status"),
    _rule("extensions", "daemonsets", "daemonsets/status", "ingresses", "ingresses/status", *_SCALED[:4]),
    _rule("extensions", "networkpolicies", "replicationcontrollers/scale"),
    _rule("policy", "poddisruptionbudgets", "poddisruptionbudgets/status"),
    _rule("networking.k8s.io", "ingresses", "ingresses/status", "networkpolicies"),
]
