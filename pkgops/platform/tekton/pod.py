"""The pod of a TaskRun: names, labels, volumes and init containers as in Tekton Pipelines. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from posixpath import join, normpath

from pkgops.kube import Obj
from pkgops.platform.durations import parse_duration
from pkgops.platform.names import child_name
from pkgops.platform.owners import owner_reference
from pkgops.platform.tekton.credentials import Credentials
from pkgops.platform.tekton.resources import with_resources
from pkgops.platform.tekton.sidecars import place_sidecar_scripts, sidecar_container
from pkgops.platform.tekton.steps import (
    IMPLICIT_MOUNTS,
    SCRIPTS_DIR,
    StepContext,
    merged_steps,
    place_scripts,
    step_container,
)
from pkgops.platform.tekton.variables import container_of
from pkgops.platform.tekton.workspaces import Workspace, isolated_workspaces, workspace_volumes

PROGRAM = "/ko-app/entrypoint"
READY = ("tekton.dev/ready", "READY")
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
NO_DEADLINE_SECONDS = 2**31 - 1
_POD_TEMPLATE_FIELDS = (
    "affinity",
    "automountServiceAccountToken",
    "dnsConfig",
    "dnsPolicy",
    "enableServiceLinks",
    "hostAliases",
    "hostNetwork",
    "hostUsers",
    "imagePullSecrets",
    "nodeSelector",
    "priorityClassName",
    "runtimeClassName",
    "schedulerName",
    "securityContext",
    "tolerations",
    "topologySpreadConstraints",
)


def pod_name(run: Obj) -> str:
    """Return the name of the TaskRun's current pod; each retry has its own pod."""
    retries = len((run.get("status") or {}).get("retriesStatus") or [])
    return child_name(run["metadata"]["name"], f"-pod-retry{retries}" if retries else "-pod")


def build_pod(
    run: Obj, spec: Obj, workspaces: Sequence[Workspace], credentials: Credentials, image: str
) -> Obj:
    """Return the pod to create.

    Args:
        run: the TaskRun, with the labels and annotations of its Task.
        spec: the Task's spec with all references replaced and the command of every step.
        workspaces: the resolved workspaces.
        credentials: the credentials of the service account.
        image: the image with the entrypoint program at ``PROGRAM``.
    """
    steps = merged_steps(spec)
    steps, sidecars = with_resources(run, steps, spec.get("sidecars") or [])
    template = run["spec"].get("podTemplate") or {}
    context = StepContext(
        run_uid=run["metadata"]["uid"],
        results=tuple(entry["name"] for entry in spec.get("results") or []),
        workspaces=tuple(workspaces),
        isolated=isolated_workspaces([*steps, *sidecars]),
        credentials=credentials,
        env=tuple(template.get("env") or ()),
    )
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": _metadata(run),
        "spec": {
            "restartPolicy": "Never",
            "activeDeadlineSeconds": _deadline(run),
            "serviceAccountName": run["spec"].get("serviceAccountName") or "default",
            "initContainers": _init_containers(steps, sidecars, context, image),
            "containers": [step_container(steps, index, context) for index in range(len(steps))],
            "volumes": _volumes(
                spec,
                steps,
                context,
                template,
                scripts=any(container.get("script") for container in [*steps, *sidecars]),
            ),
            **{key: template[key] for key in _POD_TEMPLATE_FIELDS if key in template},
        },
    }


def _metadata(run: Obj) -> Obj:
    meta = run["metadata"]
    annotations = {
        key: value for key, value in (meta.get("annotations") or {}).items() if key != LAST_APPLIED
    }
    # The steps need not wait for the sidecars, since the kubelet starts these first.
    annotations[READY[0]] = READY[1]
    labels = {
        **(meta.get("labels") or {}),
        "tekton.dev/taskRun": meta["name"],
        "tekton.dev/taskRunUID": meta["uid"],
    }
    return {
        "name": pod_name(run),
        "namespace": meta["namespace"],
        "labels": labels,
        "annotations": annotations,
        "ownerReferences": [owner_reference(run)],
    }


def _deadline(run: Obj) -> int:
    timeout = parse_duration(run["spec"].get("timeout") or "1h")
    return min(int(timeout * 1.5), NO_DEADLINE_SECONDS) if timeout else NO_DEADLINE_SECONDS


def _init_containers(
    steps: Sequence[Obj], sidecars: Sequence[Obj], context: StepContext, image: str
) -> list[Obj]:
    names = [container_of(step, index) for index, step in enumerate(steps)]
    containers = [_prepare(names, image)]
    scripts = place_scripts(steps, context.run_uid) + place_sidecar_scripts(sidecars, context.run_uid)
    if scripts:
        containers.append(_place_scripts(scripts, image))
    folders = working_dirs(steps)
    if folders:
        containers.append(_working_dirs(folders, image))
    return containers + [sidecar_container(sidecar, index, context) for index, sidecar in enumerate(sidecars)]


def _prepare(names: list[str], image: str) -> Obj:
    return {
        "name": "prepare",
        "image": image,
        "command": [PROGRAM, "init", PROGRAM, "/tekton/bin/entrypoint", *names],
        "workingDir": "/",
        "volumeMounts": [
            {"name": "tekton-internal-bin", "mountPath": "/tekton/bin"},
            {"name": "tekton-internal-steps", "mountPath": "/tekton/steps"},
        ],
    }


def _place_scripts(arguments: list[str], image: str) -> Obj:
    return {
        "name": "place-scripts",
        "image": image,
        "command": [PROGRAM, "place-scripts"],
        "args": arguments,
        "volumeMounts": [
            {"name": "tekton-internal-scripts", "mountPath": SCRIPTS_DIR},
            {"name": "tekton-internal-bin", "mountPath": "/tekton/bin"},
        ],
    }


def _working_dirs(folders: list[str], image: str) -> Obj:
    return {
        "name": "working-dir-initializer",
        "image": image,
        "command": [PROGRAM, "workingdirinit"],
        "args": folders,
        "workingDir": "/workspace",
        "volumeMounts": [dict(mount) for mount in IMPLICIT_MOUNTS],
    }


def working_dirs(steps: Sequence[Obj]) -> list[str]:
    """Return the working directories below ``/workspace``, also relative ones, sorted."""
    folders = {normpath(join("/workspace", step["workingDir"])) for step in steps if step.get("workingDir")}
    return sorted(folder for folder in folders if folder.startswith("/workspace/"))


def _volumes(
    spec: Obj, steps: Sequence[Obj], context: StepContext, template: Obj, *, scripts: bool
) -> list[Obj]:
    volumes: list[Obj] = [_empty(mount["name"]) for mount in IMPLICIT_MOUNTS]
    volumes.extend(context.credentials.volumes)
    if scripts:
        volumes.append(_empty("tekton-internal-scripts"))
    volumes.append(_empty("tekton-internal-bin"))
    for index in range(len(steps)):
        volumes.append({"name": f"tekton-creds-init-home-{index}", "emptyDir": {"medium": "Memory"}})
        volumes.append(_empty(f"tekton-internal-run-{index}"))
    volumes.extend(spec.get("volumes") or [])
    volumes.extend(workspace_volumes(context.workspaces))
    volumes.extend(template.get("volumes") or [])
    return volumes


def _empty(name: str) -> Obj:
    return {"name": name, "emptyDir": {}}
