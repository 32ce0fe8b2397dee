"""The timeline of a workload's stages: which object worked for each, when it waited, when it worked.

The stages and their states are the Snapshot's. A time counts only where it belongs to the stage's present
revision: Flux scans and kapp-controller reconciles periodically, and their objects have the last time only.
"""

from __future__ import annotations

from datetime import datetime

from pkgops.model import (
    CHAIN,
    ObjectRef,
    Phase,
    Run,
    Snapshot,
    Span,
    Stage,
    StageTimes,
    State,
    Step,
    Timeline,
)
from pkgops.pipeline import kinds, revisions, run_times, runs, unknown
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.serving import SERVE
from pkgops.readiness import readiness
from pkgops.readiness.base import changed, spec
from pkgops.values import replace

EARLIER = "when is not known: its object is older than this commit, and has no time of its last change"
AGAIN = "when is not known: only its last reconciliation is recorded, which was later"
OLDER_RUN = "no run for this commit is known: the last one began before it was fetched"
NO_TIME = "when is not known: its object has no time"


def timeline(store: ObjectStore, snapshot: Snapshot) -> Timeline:
    """Return the times of all stages of a Snapshot, from the objects that it was read from."""
    fetched = next((one.until for one in snapshot.stages if one.output.revision and not one.still), None)
    stages = [_of_stage(store, stage, fetched, snapshot.revision) for stage in snapshot.stages]
    pushed = snapshot.stages[-1].until if snapshot.stages else None
    for env in snapshot.environments:
        times = [_of_stage(store, stage, fetched, snapshot.revision) for stage in env.stages]
        stages += _without_later_times(times, pushed)
    return Timeline(
        taken_at=snapshot.taken_at,
        workload=snapshot.workload,
        revision=snapshot.revision,
        stages=tuple(stages),
        unreadable=snapshot.unreadable,
    )


def _of_stage(store: ObjectStore, stage: Stage, fetched: datetime | None, target: str) -> StageTimes:
    times = StageTimes(
        name=stage.name,
        scope=stage.scope,
        title=stage.title,
        state=stage.state,
        still=stage.still,
        note=_note(stage),
    )
    obj = store.find(stage.object)
    if obj is None:
        return times
    times = replace(times, runs=_runs(store, stage, obj, fetched))
    return times if stage.still or stage.scope != CHAIN else _of_this_commit(times, fetched, target)


def _of_this_commit(stage: StageTimes, fetched: datetime | None, target: str) -> StageTimes:
    """The times with an empty run first, where the newest run cannot be for the commit that is followed."""
    first = next(iter(stage.runs), None)
    if first is None or not first.spans or fetched is None or first.spans[0].begin >= fetched:
        return stage
    if revisions.same(first.revision, target):
        return stage
    return replace(stage, runs=(Run(object=None, state=stage.state, note=OLDER_RUN), *stage.runs))


def _note(stage: Stage) -> str:
    if stage.state is State.UNKNOWN:
        return stage.message
    return f"waits for {stage.waits_for}" if stage.waits_for else ""


def _runs(store: ObjectStore, stage: Stage, obj: Obj, fetched: datetime | None) -> tuple[Run, ...]:
    done: list[Run] = []
    missing: kinds.Kind | None = None
    if runs.run_of(store, obj) is obj:
        done = [_worked(store, obj)]
    elif runs.is_kind(obj, kinds.RUNNABLE):
        done, missing = [_worked(store, run) for run in runs.task_runs(store, obj)], kinds.TASK_RUN
    elif runs.is_kind(obj, kinds.IMAGE):
        builds = store.children(obj, kinds.BUILD.group, kinds.BUILD.kind)
        newest = sorted(builds, key=runs.build_number, reverse=True)
        done, missing = [_worked(store, build) for build in newest], kinds.BUILD
    elif runs.is_kind(obj, kinds.SERVICE):
        done, missing = [_served(store, one) for one in runs.revisions_of(store, obj)], kinds.REVISION
    elif runs.is_kind(obj, kinds.PACKAGE_INSTALL):
        app = runs.app_of(store, obj)
        done, missing = [_reconciled(stage, app)] if app else [], kinds.APP
    elif runs.is_kind(obj, kinds.PACKAGE_REPOSITORY):
        done = [_reconciled(stage, obj)]
    gap = unknown.of_kind(store, missing, ObjectRef.of(obj).namespace) if missing and not done else None
    if gap is not None:
        return (Run(object=None, state=State.UNKNOWN, note=f"unknown: {gap.sentence}"),)
    return tuple(done) or (_own(stage, obj, fetched),)


def _worked(store: ObjectStore, run: Obj) -> Run:
    if runs.is_kind(run, kinds.PIPELINE_RUN):
        tasks = [(task, _first_pod(store, task)) for task in reversed(runs.tasks_of(store, run))]
        spans, steps = run_times.of_tasks(run, tasks)
    else:
        spans, steps = run_times.of_run(run, _first_pod(store, run))
    return _run(run, revisions.carried(spec(run)), spans, steps)


def _first_pod(store: ObjectStore, run: Obj) -> Obj | None:
    return next(iter(runs.pods_of(store, run)), None)


def _served(store: ObjectStore, revision: Obj) -> Run:
    pods = runs.serving_pods(store, revision)
    # The first pod made it ready; later ones were started for traffic.
    spans, steps = run_times.of_revision(revision, pods[-1] if pods else None)
    image = readiness(revision).output.image
    origins = {} if not image else _origins(store)
    return _run(revision, origins.get(revisions.digest(image), ""), spans, steps)


def _origins(store: ObjectStore) -> dict[str, str]:
    """The commit of every image that was built, whatever the namespace of its build."""
    origins: dict[str, str] = {}
    for build in store.all(kinds.BUILD.group, kinds.BUILD.kind):
        namespace = str((build.get("metadata") or {}).get("namespace") or "")
        origins |= revisions.origins(store, namespace)
    return origins


def _reconciled(stage: Stage, obj: Obj) -> Run:
    spans, steps = run_times.of_carvel(obj)
    return _run(obj, stage.revision, spans, steps)


def _own(stage: Stage, obj: Obj, fetched: datetime | None) -> Run:
    """The stamped object itself: its condition's time, or when it was changed where that is recorded."""
    begin, end = stage.since, stage.until
    if "data" in obj:
        begin = end = changed(obj) or begin
    run = Run(object=ObjectRef.of(obj), state=stage.state, revision=stage.revision)
    if begin is None:
        return replace(run, note="" if stage.waits_for else NO_TIME)
    if fetched is not None and begin < fetched and not stage.still and stage.scope == CHAIN:
        return replace(run, note=EARLIER)
    phase = Phase.WAITING if stage.state is State.WAITING else Phase.WORKING
    over = stage.state in (State.DONE, State.FAILED)
    return replace(run, spans=(Span(phase, begin, (end or begin) if over else None),))


def _run(obj: Obj, revision: str, spans: tuple[Span, ...], steps: tuple[Step, ...]) -> Run:
    note = "" if spans else NO_TIME
    return Run(
        object=ObjectRef.of(obj),
        state=readiness(obj).state,
        revision=revision,
        spans=spans,
        steps=steps,
        note=note,
    )


def _without_later_times(found: list[StageTimes], pushed: datetime | None) -> list[StageTimes]:
    """Remove the times of objects that were reconciled again after the application was deployed."""
    serve = next((one for one in found if one.name == SERVE and one.runs and one.runs[0].spans), None)
    if serve is None or serve.state is not State.DONE:
        return found
    made = serve.runs[0].spans[0].begin
    if pushed is not None and not serve.still and made < pushed:
        # It serves the same image as the previous package, so its times are not of this one.
        return found
    return [one if one is serve else _unless_later(one, made) for one in found]


def _unless_later(stage: StageTimes, made: datetime) -> StageTimes:
    runs_ = tuple(
        replace(run, spans=(), steps=(), note=AGAIN) if run.spans and run.spans[0].begin > made else run
        for run in stage.runs
    )
    return replace(stage, runs=runs_)
