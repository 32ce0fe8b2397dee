"""When a run and its containers waited and worked, from the times in its own objects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from pkgops.model import Phase, Span, State, Step
from pkgops.pipeline import kinds, runs
from pkgops.pipeline.object_store import Obj
from pkgops.readiness import containers, kpack_build, readiness, taskrun
from pkgops.readiness.base import condition, created, status, timestamp

_CONTAINER = re.compile(r"Container (\S+) ")
"""How kpack names the container in the message of a step's state."""

_CARVEL_STEPS = ("fetch", "template", "deploy")


def of_run(run: Obj, pod: Obj | None) -> tuple[tuple[Span, ...], tuple[Step, ...]]:
    """The spans of a TaskRun or Build as a whole, and of its containers.

    It waits from its creation until its first container begins. The containers of a Tekton pod start all at
    once and wait for their step's turn, so the TaskRun's own times count, not the pod's.
    """
    reading = readiness(run)
    over = reading.state in (State.DONE, State.FAILED)
    states = list(_container_states(run, pod))
    begun = created(run)
    steps = tuple(_in_turn(states, begun, over=over))
    first = min((span.begin for step in steps for span in step.spans if _works(span)), default=None)
    return _whole(begun, first, reading.until, over=over), steps


def of_tasks(run: Obj, tasks: Iterable[tuple[Obj, Obj | None]]) -> tuple[tuple[Span, ...], tuple[Step, ...]]:
    """The spans of a PipelineRun as a whole, and of its tasks, each with its pod where that is known."""
    reading = readiness(run)
    over = reading.state in (State.DONE, State.FAILED)
    steps = tuple(
        Step(taskrun.task(task), readiness(task).state, of_run(task, pod)[0]) for task, pod in tasks
    )
    first = min((span.begin for step in steps for span in step.spans if _works(span)), default=None)
    return _whole(created(run), first, reading.until, over=over), steps


def of_revision(revision: Obj, pod: Obj | None) -> tuple[tuple[Span, ...], tuple[Step, ...]]:
    """The spans of a Revision, from its creation until it is ready; then its work has no end."""
    reading = readiness(revision)
    begin = created(revision)
    over = reading.state in (State.DONE, State.FAILED)
    if begin is None or (over and reading.until is None):
        return (), ()
    phase = Phase.WAITING if reading.state is State.WAITING else Phase.WORKING
    whole = _span(phase, begin, reading.until) if over else (Span(phase, begin),)
    if pod is None:
        return whole, ()
    ready = condition(pod, "Ready")
    end = ready.since if ready and ready.status == "True" else None
    steps = []
    for box in containers.statuses(pod):
        began = timestamp(((box.get("state") or {}).get("running") or {}).get("startedAt"))
        state = State.DONE if box.get("ready") else _state(box.get("state") or {})
        spans = (*_span(Phase.WAITING, created(pod), began), *_span(Phase.WORKING, began, end))
        steps.append(Step(str(box.get("name")), state, spans if began else ()))
    return whole, tuple(steps)


def of_carvel(obj: Obj) -> tuple[tuple[Span, ...], tuple[Step, ...]]:
    """The spans of the last reconciliation of an App or PackageRepository: fetch, template, deploy.

    When its template step began is not recorded.
    """
    own = status(obj)
    bodies = {name: own[name] for name in _CARVEL_STEPS if own.get(name)}
    steps = [
        Step(name, _exit(body.get("exitCode")), _span(Phase.WORKING, *_ends(body)))
        for name, body in bodies.items()
    ]
    begin = timestamp((own.get("fetch") or {}).get("startedAt"))
    if begin is None:
        return (), tuple(steps)
    if readiness(obj).state not in (State.DONE, State.FAILED):
        return (Span(Phase.WORKING, begin),), tuple(steps)
    ends = (_ends(body)[1] for body in bodies.values())
    # A step that was not reached in this reconciliation keeps its earlier time.
    last = max((end for end in ends if end and end >= begin), default=None)
    return _span(Phase.WORKING, begin, last), tuple(steps)


def _ends(body: Obj) -> tuple[datetime | None, datetime | None]:
    return timestamp(body.get("startedAt")), timestamp(body.get("updatedAt"))


def _exit(code: object) -> State:
    if code is None:
        return State.UNKNOWN
    return State.FAILED if code else State.DONE


def _container_states(run: Obj, pod: Obj | None) -> Iterator[tuple[str, Obj]]:
    """Name and state of each container, in the order in which they run."""
    by_container = _steps(run) if runs.is_kind(run, kinds.TASK_RUN) else {}
    seen = []
    for box in containers.statuses(pod) if pod else ():
        name = str(box.get("name"))
        if name not in containers.INJECTED:
            seen.append(name)
            yield name, by_container[name] if name in by_container else box.get("state") or {}
    if pod is None and runs.is_kind(run, kinds.BUILD):
        yield from _build_steps(run)
    yield from ((name, state) for name, state in by_container.items() if name not in seen)


def _steps(run: Obj) -> dict[str, Obj]:
    """The states of a TaskRun's steps, by container; one that was skipped never ran."""
    return {
        str(step.get("container") or f"step-{step.get('name')}"): (
            {} if step.get("terminationReason") == "Skipped" else step
        )
        for step in status(run).get("steps") or ()
    }


def _build_steps(run: Obj) -> Iterator[tuple[str, Obj]]:
    states: list[Obj] = status(run).get("stepStates") or []
    usual = kpack_build.PHASES if len(states) == len(kpack_build.PHASES) else ()
    for place, state in enumerate(states):
        message = next((str((body or {}).get("message") or "") for body in state.values()), "")
        named = _CONTAINER.match(message)
        fallback = usual[place] if usual else f"step {place + 1}"
        yield (named.group(1) if named else fallback), state


def _in_turn(states: Iterable[tuple[str, Obj]], before: datetime | None, *, over: bool) -> Iterator[Step]:
    """The steps of containers that run one after the other: each waits from the end of the one before it."""
    for name, state in states:
        spans: list[Span] = []
        ended = state.get("terminated") or {}
        begin = timestamp((ended or state.get("running") or {}).get("startedAt"))
        if begin is not None:
            spans = [*_span(Phase.WAITING, before, begin)]
            spans += _span(Phase.WORKING, begin, timestamp(ended.get("finishedAt"))) if ended else []
            spans += [Span(Phase.WORKING, begin)] if not ended and not over else []
        elif before is not None and "waiting" in state and not over:
            spans = [Span(Phase.WAITING, before)]
        yield Step(name, _state(state), tuple(spans))
        # The container after one of unknown end has waited since an unknown time.
        before = timestamp(ended.get("finishedAt")) if ended else None


def _state(state: Obj) -> State:
    if ended := state.get("terminated"):
        return _exit(ended.get("exitCode"))
    if "running" in state:
        return State.WORKING
    return State.WAITING if "waiting" in state else State.UNKNOWN


def _whole(
    begin: datetime | None, first: datetime | None, end: datetime | None, *, over: bool
) -> tuple[Span, ...]:
    if begin is None or (over and end is None):
        return ()
    if first is None:
        # Without a container's time it is unknown how much of it was waiting.
        return _span(Phase.WORKING, begin, end) if over else (Span(Phase.WAITING, begin),)
    works = _span(Phase.WORKING, first, end) if over else (Span(Phase.WORKING, first),)
    return (*_span(Phase.WAITING, begin, first), *works)


def _span(phase: Phase, begin: datetime | None, end: datetime | None) -> tuple[Span, ...]:
    """A span between two times; none where one is unknown, or the end is not after the beginning."""
    if begin is None or end is None or end < begin or (phase is Phase.WAITING and begin == end):
        return ()
    return (Span(phase, begin, end),)


def _works(span: Span) -> bool:
    return span.phase is Phase.WORKING
