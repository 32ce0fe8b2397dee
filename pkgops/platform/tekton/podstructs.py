"""Tekton's Go structs with fields of pods: containers, pod templates, volumes, workspace bindings.

Source: ``pkg/apis/pipeline/v1/container_types.go`` and ``pkg/apis/pipeline/pod/template.go``.
"""

from __future__ import annotations

from collections.abc import Mapping

from pkgops.platform.gotypes import ListOf, MapOf, Struct, Type, core, picked

NAME: Mapping[str, Type] = {"name": "string"}
TEXTS = ListOf("string")
RESOURCES = core("ResourceRequirements")
SOURCES: Mapping[str, Type] = {
    "volumeClaimTemplate": core("PersistentVolumeClaim"),
    **picked(
        core("Volume"), ("emptyDir", "configMap", "secret", "persistentVolumeClaim", "projected", "csi")
    ),
}
"""The volume sources of a workspace binding."""
WORKSPACE_USAGE = ListOf(Struct("~.WorkspaceUsage", {"name": "string", "mountPath": "string"}))
CONTAINER: Mapping[str, Type] = {
    "image": "string",
    "command": TEXTS,
    "args": ListOf("string", "~.Args"),
    "workingDir": "string",
    **picked(core("Container"), ("env", "envFrom", "volumeMounts", "volumeDevices", "securityContext")),
}
VOLUMES = ListOf(core("Volume"), "~.Volumes")
SIDECAR = Struct(
    "~.Sidecar",
    {
        **CONTAINER,
        "args": TEXTS,
        "name": "string",
        "script": "string",
        "computeResources": RESOURCES,
        "workspaces": WORKSPACE_USAGE,
        **picked(
            core("Container"),
            (
                *("ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "restartPolicy"),
                *("terminationMessagePath", "terminationMessagePolicy", "imagePullPolicy"),
                *("stdin", "stdinOnce", "tty"),
            ),
        ),
    },
)
POD_TEMPLATE = Struct(
    "pod.Template",
    {
        "nodeSelector": MapOf("string"),
        "env": ListOf(core("EnvVar")),
        "tolerations": ListOf(core("Toleration")),
        "affinity": core("Affinity"),
        "securityContext": core("PodSecurityContext"),
        "volumes": ListOf(core("Volume"), "pod.Volumes"),
        "runtimeClassName": "string",
        "automountServiceAccountToken": "bool",
        "dnsPolicy": "string|v1.DNSPolicy",
        "dnsConfig": core("PodDNSConfig"),
        "enableServiceLinks": "bool",
        "priorityClassName": "string",
        "schedulerName": "string",
        "imagePullSecrets": ListOf(core("LocalObjectReference")),
        "hostAliases": ListOf(core("HostAlias")),
        "hostNetwork": "bool",
        "hostUsers": "bool",
        "topologySpreadConstraints": ListOf(core("TopologySpreadConstraint")),
    },
)
