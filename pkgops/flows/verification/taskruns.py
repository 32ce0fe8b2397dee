"""Checks by a Task of the environment's namespace: a TaskRun is created, followed to its end, and deleted."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from pkgops.errors import PkgopsError
from pkgops.flows.ports import Ports
from pkgops.flows.verification.result import Checked, Outcome
from pkgops.kube import Client, Forbidden, NotFound, Obj
from pkgops.model import CauseCode, StageStatus, State
from pkgops.readiness import taskrun
from pkgops.settings import TaskCheck

API = "tekton.dev/v1"
RUN_LABEL = "pkgops.dev/verification-run"
"""The label of the TaskRuns of verifications; its value is the name of the result."""
WORKLOAD_LABEL = "pkgops.dev/verifies"
LOG_LINES = 20
PAUSE = 0.5
_FAILED_BY_THE_TASK = (CauseCode.TASK_FAILED, CauseCode.RUN_TIMEOUT, CauseCode.OUT_OF_MEMORY)
"""Causes in the Task itself; any other (no image, no node, no quota, cancelled) is not conclusive."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The params of Tasks, and where their runs are.

    Attributes:
        client: the cluster.
        namespace: the environment's.
        workload: the workload's name.
        verification: the name of the result.
        params: values by the names of parameters; a Task gets those that it declares.
        owner: an owner reference, so that runs are deleted with the result.
    """

    client: Client
    namespace: str
    workload: str
    verification: str
    params: Mapping[str, str]
    owner: Obj | None = None


def run(subject: Subject, check: TaskCheck, number: int, ports: Ports) -> Checked:
    """Carry out a check: run the Task, and return how that ended; ``number`` makes its name unique."""
    try:
        task = subject.client.get(API, "Task", check.task, subject.namespace)
        made = subject.client.create(_task_run(subject, check, number, task))
    except NotFound:
        return _unknown(check, f"task/{check.task} does not exist in {subject.namespace}")
    except PkgopsError as error:
        return _unknown(check, f"task/{check.task} in {subject.namespace} cannot be run: {error.summary}")
    except BaseException:
        # The server may have created it without a response.
        _delete(subject.client, subject.namespace, f"{subject.verification}-{number}", ports)
        raise
    name = str(made["metadata"]["name"])
    ports.note(f"taskrun/{name} runs task/{check.task} in {subject.namespace}")
    keep = False
    try:
        checked = _followed(subject, check, name, ports)
        keep = checked.outcome is Outcome.FAILED
    except PkgopsError as error:
        checked = _unknown(check, f"taskrun/{name} is not followed any more: {error.summary}")
    finally:
        # A failed run is kept until the next verification, so that it can be examined.
        if not keep:
            _delete(subject.client, subject.namespace, name, ports)
    return checked


def clean(subject: Subject, ports: Ports) -> None:
    """Delete the remaining runs of earlier verifications of the workload: of failed and of killed ones."""
    try:
        labels = f"{WORKLOAD_LABEL}={subject.workload}"
        left = subject.client.list(API, "TaskRun", subject.namespace, labels=labels).items
    except (NotFound, Forbidden):
        return
    for one in left:
        if (one["metadata"].get("labels") or {}).get(RUN_LABEL) != subject.verification:
            _delete(subject.client, subject.namespace, str(one["metadata"]["name"]), ports)


def _task_run(subject: Subject, check: TaskCheck, number: int, task: Obj) -> Obj:
    declared = {str(one.get("name")) for one in (task.get("spec") or {}).get("params") or ()}
    given = {name: value for name, value in subject.params.items() if name in declared}
    params = [{"name": name, "value": value} for name, value in {**given, **dict(check.params)}.items()]
    labels = {RUN_LABEL: subject.verification, WORKLOAD_LABEL: subject.workload}
    meta: Obj = {
        "name": f"{subject.verification}-{number}",
        "namespace": subject.namespace,
        "labels": labels,
    }
    if subject.owner:
        meta["ownerReferences"] = [subject.owner]
    spec: Obj = {
        "taskRef": {"name": check.task, "kind": "Task"},
        "params": params,
        "timeout": f"{max(int(check.deadline), 1)}s",
    }
    if check.account:
        spec["serviceAccountName"] = check.account
    return {"apiVersion": API, "kind": "TaskRun", "metadata": meta, "spec": spec}


def _followed(subject: Subject, check: TaskCheck, name: str, ports: Ports) -> Checked:
    until = ports.now() + timedelta(seconds=check.deadline)
    while True:
        found = subject.client.find(API, "TaskRun", name, subject.namespace)
        if found is None:
            return _unknown(check, f"taskrun/{name} was deleted while it ran")
        state = taskrun.read(found)
        if state.state is State.DONE:
            return Checked(name=check.name, outcome=Outcome.PASSED, evidence=f"task/{check.task} succeeded")
        if state.state is State.FAILED:
            return _failed(subject, check, found, state)
        if ports.now() >= until:
            return _late(subject, check, found, state)
        ports.sleep(PAUSE)


def _failed(subject: Subject, check: TaskCheck, found: Obj, state: StageStatus) -> Checked:
    name = found["metadata"]["name"]
    evidence = f"taskrun/{name}: {state.reason}: {_line(state.message)}"
    began = bool((found.get("status") or {}).get("steps"))
    if state.code not in _FAILED_BY_THE_TASK or not began:
        return _unknown(check, evidence, _log(subject, found))
    return Checked(name=check.name, outcome=Outcome.FAILED, evidence=evidence, log=_log(subject, found))


def _late(subject: Subject, check: TaskCheck, found: Obj, state: StageStatus) -> Checked:
    """A run that exceeds its time failed; one that never started is not conclusive."""
    name = found["metadata"]["name"]
    what = f"taskrun/{name} did not end within {check.deadline:g}s"
    log = _log(subject, found)
    with contextlib.suppress(PkgopsError):
        cancel = {"spec": {"status": "TaskRunCancelled"}}
        subject.client.patch(API, "TaskRun", name, subject.namespace, cancel)
    if state.state is State.WORKING:
        return Checked(name=check.name, outcome=Outcome.FAILED, evidence=what, log=log)
    return _unknown(check, f"{what}: {state.reason or 'it never began'} {_line(state.message)}".rstrip(), log)


def _log(subject: Subject, found: Obj) -> tuple[str, ...]:
    """The last lines of the container that failed, or of the last one; none where they cannot be read."""
    status = found.get("status") or {}
    pod, steps = str(status.get("podName") or ""), status.get("steps") or ()
    container = taskrun.failed_container(found) or str((steps[-1] if steps else {}).get("container") or "")
    if not pod or not container:
        return ()
    try:
        return tuple(subject.client.logs(subject.namespace, pod, container, tail=LOG_LINES))
    except PkgopsError:
        return ()


def _delete(client: Client, namespace: str, name: str, ports: Ports) -> None:
    try:
        client.delete(API, "TaskRun", name, namespace)
    except PkgopsError as error:
        ports.note(f"taskrun/{name} in {namespace} is not deleted: {error.summary}")


def _unknown(check: TaskCheck, evidence: str, log: tuple[str, ...] = ()) -> Checked:
    return Checked(name=check.name, outcome=Outcome.UNKNOWN, evidence=evidence, log=log)


def _line(text: str) -> str:
    return " ".join(text.split())
