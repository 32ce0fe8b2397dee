"""One stage read from its own objects: the stamped object, its run, its pods; without clocks."""

from __future__ import annotations

from typing import Any

from pkgops.model import UNREADABLE, CauseCode, ObjectRef, Output, Stage, StageStatus, State
from pkgops.pipeline import kinds, runs, unknown
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.resources import Resource
from pkgops.readiness import lost, readiness, taskrun
from pkgops.values import Value, replace

_BUILD_REASONS = ("BuildFailed", "BuildRunning", "UpToDate")
_OWN_CODES = (CauseCode.VERSION_NOT_FOUND, CauseCode.DOWNGRADE_REFUSED, CauseCode.PACKAGE_NOT_FOUND)
_OF_THE_PROGRAM = (CauseCode.TASK_FAILED, CauseCode.BUILD_FAILED)


class Activity(Value, kw_only=True):
    """A stage with the objects behind it; ``source_object`` is the object that its status was read from."""

    resource: Resource
    stage: Stage
    source_object: Obj | None = None
    run: Obj | None = None
    pods: tuple[Obj, ...] = ()

    @property
    def name(self) -> str:
        """The resource's name."""
        return self.resource.name

    @property
    def status(self) -> StageStatus:
        """The status of its stage."""
        return self.stage.status

    @property
    def unknown(self) -> bool:
        """Whether its state is unknown because its object cannot be read."""
        return self.status.code in UNREADABLE

    @property
    def done(self) -> bool:
        """Done, and for the newest inputs."""
        return self.stage.state is State.DONE and self.stage.current

    def unread(self, gap: StageStatus) -> Activity:
        """The same activity as unknown because of a kind that cannot be read."""
        return self.having(self.status.unread(gap))

    def replaced_by(self, status: StageStatus) -> Activity:
        """The same activity with a status that was read from another object."""
        return self.having(self.status.replaced_by(status))

    def having(self, status: StageStatus) -> Activity:
        """The same activity with another status."""
        return replace(self, stage=replace(self.stage, status=status))

    def with_status(self, **changes: Any) -> Activity:
        """The same activity with some fields of its status changed."""
        return self.having(replace(self.status, **changes))


def read(store: ObjectStore, resource: Resource, scope: str) -> Activity:
    """Return the activity of one resource, read from the stamped object down to its pods."""
    obj = resource.obj
    if obj is None:
        gap = unknown.of_resource(store, resource)
        return _unreadable(resource, scope, unknown.reading(gap)) if gap else _unstamped(resource, scope)
    own = readiness(obj)
    run = runs.run_of(store, obj)
    pods = tuple(runs.pods_of(store, run))
    reading, source_object = _deepest(store, own, obj, run, pods)
    stage = _stage(resource, scope, own, reading, source_object, pods)
    item = Activity(resource=resource, stage=stage, source_object=source_object, run=run, pods=pods)
    gap = None if _independent(own, obj) else unknown.below(store, obj, reading, run, pods)
    return item.unread(unknown.reading(gap)) if gap else item


def _unreadable(resource: Resource, scope: str, reading: StageStatus) -> Activity:
    """A stamped object that cannot be read: its name and its outputs are read from the owner's status."""
    item = _unstamped(resource, scope)
    output = unknown.output(resource)
    stage = replace(item.stage.with_status(output=output), revision=output.revision)
    return replace(item, stage=stage).unread(reading)


def _unstamped(resource: Resource, scope: str) -> Activity:
    title, tool = _title(resource)
    stage = Stage(
        name=resource.name,
        scope=scope,
        title=title,
        tool=tool,
        object=resource.ref,
        status=StageStatus(state=State.WAITING, reason="NotStamped"),
    )
    return Activity(resource=resource, stage=stage)


def _title(resource: Resource) -> tuple[str, str]:
    """Title and tool, by the kind of the stamped object where the owner's status names one."""
    ref = resource.ref
    group, kind = (ref.group, ref.kind) if ref else ("", "")
    return kinds.title(group, kind, resource.name, resource.template_kind, resource.template_name)


def _stage(
    resource: Resource,
    scope: str,
    own: StageStatus,
    reading: StageStatus,
    source_object: Obj,
    pods: tuple[Obj, ...],
) -> Stage:
    ref = resource.ref
    title, tool = _title(resource)
    return Stage(
        name=resource.name,
        scope=scope,
        title=title,
        tool=tool,
        object=ref,
        leaf=ObjectRef.of(source_object),
        status=replace(reading, output=merged(own.output, reading.output)),
        pods=tuple(ObjectRef.of(pod) for pod in pods),
    )


def merged(first: Output, second: Output) -> Output:
    """The first output, completed with what only the second has."""
    return Output(
        revision=first.revision or second.revision,
        image=first.image or second.image,
        version=first.version or second.version,
        tag=first.tag or second.tag,
        url=first.url or second.url,
    )


def _deepest(
    store: ObjectStore, own: StageStatus, obj: Obj, run: Obj | None, pods: tuple[Obj, ...]
) -> tuple[StageStatus, Obj]:
    """The status with the most detail and its object: the pod's, the run's, or the stamped object's own."""
    if run is None or _independent(own, obj):
        return own, obj
    reading = readiness(run)
    if own.state is State.DONE and runs.is_kind(obj, kinds.PACKAGE_INSTALL):
        return _installed(own, obj, reading, run)
    if own.state is State.DONE:
        timed = replace(own, since=reading.since or own.since, until=reading.until or own.until)
        return timed, obj
    if reading.state is State.DONE:
        return _after(own, obj, reading), obj
    if runs.is_kind(run, kinds.PIPELINE_RUN):
        reading, run = _by_task(store, reading, run)
        pods = tuple(runs.pods_of(store, run)) if runs.is_kind(run, kinds.TASK_RUN) else ()
    if not pods:
        return reading, run
    return _with_pod(reading, run, pods[0])


def _by_task(store: ObjectStore, reading: StageStatus, run: Obj) -> tuple[StageStatus, Obj]:
    """The status of a PipelineRun, or of the TaskRun by which it failed or which it waits for."""
    task = runs.deciding_task(store, run)
    if task is None:
        return reading, run
    below = readiness(task)
    if reading.state is State.FAILED:
        if reading.code is not CauseCode.TASK_FAILED or below.state is not State.FAILED:
            return reading, run
        message = f"task {taskrun.task(task)}: {below.message}"
        return replace(below, message=message, since=reading.since, until=reading.until), task
    # Until the PipelineRun has ended, a failed task may be retried, or finally tasks may be running.
    return (reading, run) if below.state is State.FAILED else (below, task)


def _after(own: StageStatus, obj: Obj, run: StageStatus) -> StageStatus:
    """The status of a stage whose newest run is done, and whose stamped object does not report it.

    A Runnable's condition is that of the run that Cartographer stamped, and stays False where another run was
    started after it; its outputs are those of the newest run that succeeded.
    """
    taken = not run.output.image or run.output.image == own.output.image
    if own.state is State.FAILED and runs.is_kind(obj, kinds.RUNNABLE) and taken:
        return replace(run, output=own.output)
    return replace(own, state=State.WORKING, waits_for="")


def _installed(own: StageStatus, obj: Obj, app: StageStatus, run: Obj) -> tuple[StageStatus, Obj]:
    """The status of a PackageInstall and its App; after a change of version, App's is of the one before."""
    same = not own.output.version or not app.output.version or own.output.version == app.output.version
    if app.state is State.DONE and same:
        return replace(own, since=app.since or own.since, until=app.until or own.until), obj
    if app.state is State.FAILED and same:
        return app, run
    message = app.message or f"version {own.output.version} is being installed"
    return replace(own, state=State.WORKING, reason="Reconciling", message=message, until=None), run


def _independent(own: StageStatus, obj: Obj) -> bool:
    """Whether the cause is in the object's own status, and not in the run's."""
    if own.reason == "NotObserved" or own.code in _OWN_CODES:
        return True
    if runs.is_kind(obj, kinds.RUNNABLE):
        return own.condition is not None and own.condition.type == "RunTemplateReady"
    return runs.is_kind(obj, kinds.IMAGE) and own.reason not in _BUILD_REASONS


def _with_pod(reading: StageStatus, run: Obj, pod: Obj) -> tuple[StageStatus, Obj]:
    below = readiness(pod)
    if reading.state is State.FAILED:
        code = below.code if below.code is CauseCode.OUT_OF_MEMORY else reading.code
        if lost.pod(pod) and code in _OF_THE_PROGRAM:
            code = CauseCode.POD_LOST
        return replace(reading, code=code, container=reading.container or below.container), run
    if below.code is not None and below.state is not State.DONE:
        return replace(below, since=reading.since), pod
    if below.state is State.WORKING and reading.state is State.WAITING:
        return replace(below, since=reading.since), pod
    return reading, run
