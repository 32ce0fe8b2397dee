"""A Task's sidecars as Kubernetes' sidecar containers: started before, stopped after the steps. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pkgops.kube import Obj
from pkgops.platform.tekton.steps import (
    ENTRYPOINT,
    PROGRAM_MOUNT,
    SCRIPTS_MOUNT,
    StepContext,
    place_script,
    script_path,
)
from pkgops.platform.tekton.workspaces import workspace_mounts

PREFIX = "sidecar-script"
_FIELDS_OF_TEKTON = ("computeResources", "resources", "script", "workspaces")


def place_sidecar_scripts(sidecars: Sequence[Obj], run_uid: str) -> list[str]:
    """Return the arguments that write the sidecars' scripts: for each its path and its text in base64."""
    return [
        argument
        for index, sidecar in enumerate(sidecars)
        for argument in place_script(sidecar, _path(sidecar, index, run_uid))
    ]


def sidecar_container(sidecar: Obj, index: int, context: StepContext) -> Obj:
    """Return the container of one sidecar.

    The readiness probe is the startup probe too, so that the steps start once the sidecar is ready. A
    container whose program exits keeps running (``-stay``): otherwise the kubelet would restart it before it
    starts the steps, while Tekton starts them.
    """
    known = {key: value for key, value in sidecar.items() if key not in _FIELDS_OF_TEKTON}
    if sidecar.get("readinessProbe"):
        known.setdefault("startupProbe", sidecar["readinessProbe"])
    script = _path(sidecar, index, context.run_uid)
    program = [script] if script else list(sidecar.get("command") or [])
    if program:
        known["command"] = [ENTRYPOINT]
        arguments = [*program[1:], *(sidecar.get("args") or [])]
        known["args"] = ["-stay", "-entrypoint", program[0], "--", *arguments]
    mounts = _mounts(sidecar, context, has_script=bool(script), wrapped=bool(program))
    if mounts:
        known["volumeMounts"] = mounts
    known["resources"] = sidecar.get("computeResources") or sidecar.get("resources") or {}
    return {**known, "name": f"sidecar-{sidecar['name']}", "restartPolicy": "Always"}


def _path(sidecar: Obj, index: int, run_uid: str) -> str:
    return script_path(sidecar, index, run_uid, PREFIX)


def _mounts(sidecar: Obj, context: StepContext, *, has_script: bool, wrapped: bool) -> list[Obj]:
    mounts = list(sidecar.get("volumeMounts") or [])
    for mount in workspace_mounts(context.workspaces, sidecar, context.isolated):
        # A volume mount of the sidecar has precedence over a workspace with the same path.
        if all(known["mountPath"] != mount["mountPath"] for known in mounts):
            mounts.append(mount)
    if has_script:
        mounts.append(dict(SCRIPTS_MOUNT))
    if wrapped:
        mounts.append(dict(PROGRAM_MOUNT))
    return mounts
