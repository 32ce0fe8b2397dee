"""The containers of a Task's steps, as in Tekton Pipelines. Pure."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.tekton.credentials import NO_CREDENTIALS, Credentials
from pkgops.platform.tekton.variables import container_of
from pkgops.platform.tekton.workspaces import Workspace, workspace_mounts

ENTRYPOINT = "/tekton/bin/entrypoint"
SCRIPTS_DIR = "/tekton/scripts"
TERMINATION = "/tekton/termination"
DEFAULT_SHEBANG = "#!/bin/sh\nset -e\n"
SCRIPTS_MOUNT: Obj = {"name": "tekton-internal-scripts", "mountPath": SCRIPTS_DIR, "readOnly": True}
PROGRAM_MOUNT: Obj = {"name": "tekton-internal-bin", "mountPath": "/tekton/bin", "readOnly": True}
IMPLICIT_MOUNTS: tuple[Obj, ...] = (
    {"name": "tekton-internal-workspace", "mountPath": "/workspace"},
    {"name": "tekton-internal-home", "mountPath": "/tekton/home"},
    {"name": "tekton-internal-results", "mountPath": "/tekton/results"},
    {"name": "tekton-internal-steps", "mountPath": "/tekton/steps", "readOnly": True},
    {"name": "tekton-internal-artifacts", "mountPath": "/tekton/artifacts"},
)
# Fields of a step that are copied to its container; all others are Tekton's.
_CONTAINER_FIELDS = (
    "image",
    "imagePullPolicy",
    "env",
    "envFrom",
    "securityContext",
    "workingDir",
    "volumeDevices",
)
_DEEP = ("computeResources", "securityContext")
_MERGED_BY = {"env": "name", "volumeMounts": "mountPath", "volumeDevices": "devicePath"}


@dataclass(frozen=True, kw_only=True)
class StepContext:
    """The values that all steps of one pod share.

    Attributes:
        run_uid: the TaskRun's uid; names that are random in Tekton are derived from it, so that they are the
            same when the pod is built again.
        results: the names of the Task's results.
        workspaces: the resolved workspaces.
        isolated: the names of workspaces that are mounted only in containers that name them.
        credentials: the credentials of the service account.
        env: environment variables that every step has before its own.
    """

    run_uid: str
    results: tuple[str, ...] = ()
    workspaces: tuple[Workspace, ...] = ()
    isolated: frozenset[str] = frozenset()
    credentials: Credentials = NO_CREDENTIALS
    env: tuple[Obj, ...] = ()


def merge_template(template: Obj, step: Obj) -> Obj:
    """Return a step merged with ``stepTemplate``: maps and lists with keys are merged, others replaced.

    Empty fields of a step are not set. A step that references a StepAction is returned unchanged, since its
    fields are not resolved yet.
    """
    if step.get("ref") is not None:
        return step
    merged = {**template, **{key: value for key, value in step.items() if value or key not in template}}
    for key in _DEEP:
        if template.get(key) and step.get(key):
            merged[key] = _deep(template[key], step[key])
    for key, identity in _MERGED_BY.items():
        if template.get(key) and step.get(key):
            entries = {entry[identity]: entry for entry in [*template[key], *step[key]]}
            merged[key] = list(entries.values())
    return merged


def merged_steps(spec: Obj) -> list[Obj]:
    """Return the steps of a Task's spec, each merged with ``stepTemplate``."""
    return [merge_template(spec.get("stepTemplate") or {}, step) for step in spec.get("steps") or []]


def _deep(below: Obj, above: Obj) -> Obj:
    both = {key: (below.get(key), above.get(key)) for key in {**below, **above}}
    return {
        key: _deep(old, new)
        if isinstance(old, dict) and isinstance(new, dict)
        else (old if new is None else new)
        for key, (old, new) in both.items()
    }


def script_path(step: Obj, index: int, run_uid: str, prefix: str = "script") -> str:
    """Return the path of a container's script; empty if it has none."""
    if not step.get("script"):
        return ""
    suffix = hashlib.sha256(f"{run_uid}/{index}".encode()).hexdigest()[:5]
    return f"{SCRIPTS_DIR}/{prefix}-{index}-{suffix}"


def script_text(step: Obj) -> str:
    """Return a container's script, with Tekton's default shebang if it has none."""
    script = str(step["script"])
    return script if script.strip().startswith("#!") else DEFAULT_SHEBANG + script


def place_scripts(steps: Sequence[Obj], run_uid: str) -> list[str]:
    """Return the arguments that write all scripts: for each its path and its text in base64."""
    return [
        argument
        for index, step in enumerate(steps)
        for argument in place_script(step, script_path(step, index, run_uid))
    ]


def place_script(container: Obj, path: str) -> list[str]:
    """Return the arguments that write one container's script to a path; none where the path is empty."""
    return [path, base64.b64encode(script_text(container).encode()).decode()] if path else []


def step_container(steps: Sequence[Obj], index: int, context: StepContext) -> Obj:
    """Return the container of one step."""
    step = steps[index]
    container: Obj = {
        "name": container_of(step, index),
        "command": [ENTRYPOINT],
        "args": _arguments(steps, index, context),
        **{key: step[key] for key in _CONTAINER_FIELDS if step.get(key)},
        "resources": step.get("computeResources") or step.get("resources") or {},
        "volumeMounts": _mounts(steps, index, context),
        "terminationMessagePath": TERMINATION,
    }
    if context.env:
        container["env"] = [*context.env, *(step.get("env") or [])]
    return container


def _arguments(steps: Sequence[Obj], index: int, context: StepContext) -> list[str]:
    step = steps[index]
    script = script_path(step, index, context.run_uid)
    command = [script] if script else list(step.get("command") or [])
    return [
        *(["-wait_file", f"/tekton/run/{index - 1}/out"] if index else []),
        "-post_file",
        f"/tekton/run/{index}/out",
        "-termination_path",
        TERMINATION,
        "-step_metadata_dir",
        f"/tekton/run/{index}/status",
        *context.credentials.arguments,
        *_options(step, context),
        "-entrypoint",
        command[0] if command else "",
        "--",
        *command[1:],
        *(step.get("args") or []),
    ]


def _options(step: Obj, context: StepContext) -> list[str]:
    options: list[str] = []
    if step.get("timeout"):
        options += ["-timeout", str(step["timeout"])]
    if step.get("onError"):
        options += ["-on_error", str(step["onError"])]
    if step.get("when"):
        options += ["-when_expressions", json.dumps(step["when"], separators=(",", ":"))]
    if context.results:
        options += ["-results", ",".join(context.results)]
    if step.get("results"):
        options += ["-step_results", ",".join(entry["name"] for entry in step["results"])]
    return options


def _mounts(steps: Sequence[Obj], index: int, context: StepContext) -> list[Obj]:
    step = steps[index]
    own = [*(step.get("volumeMounts") or []), *workspace_mounts(context.workspaces, step, context.isolated)]
    if step.get("script"):
        own.append(dict(SCRIPTS_MOUNT))
    own.append({"name": f"tekton-creds-init-home-{index}", "mountPath": "/tekton/creds"})
    own.extend(_run_mount(other, index) for other in range(len(steps)))
    own.append(dict(PROGRAM_MOUNT))
    taken = {mount["mountPath"] for mount in own}
    implicit = [mount for mount in IMPLICIT_MOUNTS if mount["mountPath"] not in taken]
    return [*own, *implicit, *context.credentials.mounts]


def _run_mount(other: int, index: int) -> Obj:
    mount: dict[str, Any] = {"name": f"tekton-internal-run-{other}", "mountPath": f"/tekton/run/{other}"}
    return mount if other == index else {**mount, "readOnly": True}
