"""Applies changes in their order and waits for each, as ``kapp deploy`` does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pkgops.errors import Interrupted
from pkgops.kapp.apply import apply_change
from pkgops.kapp.change import Change, Differ, is_orphaned
from pkgops.kapp.cluster import Cluster
from pkgops.kapp.errors import KappError
from pkgops.kapp.identity import DISABLE_ASSOCIATED_WAIT, Obj, annotations_of, description
from pkgops.kapp.output import Output
from pkgops.kapp.wait import deleting, state_of
from pkgops.kapp.waitrules import OK, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Clocks and time limits of waiting, and its cancellation.

    Attributes:
        now: returns the present time.
        sleep: waits for some seconds.
        cancelled: returns whether to stop.
        interval: seconds between two checks of the awaited resources.
        timeout: how long to wait for a group of changes.
    """

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    cancelled: Callable[[], bool] = lambda: False
    interval: float = 0.5
    timeout: timedelta = timedelta(minutes=15)


@dataclass(slots=True, kw_only=True)
class Runner:
    """One run over the changes of one deployment.

    Attributes:
        cluster: the cluster.
        differ: the rules.
        changes: the changes.
        waits: for each change, the indexes of those that come before it.
        out: the output.
        pace: clocks and time limits.
        update_strategy: the update strategy of resources without the annotation.
    """

    cluster: Cluster
    differ: Differ
    changes: list[Change]
    waits: list[set[int]]
    out: Output
    pace: Pace
    update_strategy: str = ""
    _applied: set[int] = field(default_factory=set)
    _done: set[int] = field(default_factory=set)
    _waited: int = 0

    def run(self) -> None:
        """Apply everything and wait for it.

        Raises:
            KappError: a change was refused, did not become ready, or the time is over.
            Interrupted: the run was cancelled.
        """
        while True:
            self._apply_unblocked()
            if not self._tracked():
                break
            self._wait_for_any()
        self.out.section(f"applying complete {self._applied_stats()}")
        self.out.section(f"waiting complete {self._waited_stats()}")

    def _apply_unblocked(self) -> None:
        ready = [
            index
            for index, waits in enumerate(self.waits)
            if index not in self._applied and waits <= self._done
        ]
        if not ready:
            return
        self.out.section(f"applying {len(ready)} changes {self._applied_stats()}")
        for index in ready:
            self._check_cancelled()
            change = self.changes[index]
            self.out.notify([f"{change.op} {change.text}"])
            try:
                apply_change(self.cluster, self.differ, change, self.update_strategy)
            except KappError as error:
                nested = "\n".join(f"  {line}" for line in error.what.split("\n"))
                raise KappError(f"{change.op} {change.text}:\n{nested}") from error
            self._applied.add(index)

    def _tracked(self) -> list[int]:
        return sorted(self._applied - self._done)

    def _wait_for_any(self) -> None:
        deadline = self.pace.now() + self.pace.timeout
        while True:
            tracked = self._tracked()
            self.out.section(f"waiting on {len(tracked)} changes {self._waited_stats()}")
            moved = [self._check(index) for index in tracked]
            if any(moved):
                return
            if self.pace.now() > deadline:
                names = ", ".join(self.changes[index].text for index in tracked)
                raise KappError(
                    f"Timed out waiting after {_go_minutes(self.pace.timeout)} for resources: [{names}]"
                )
            self._check_cancelled()
            self.pace.sleep(self.pace.interval)

    def _check(self, index: int) -> bool:
        change = self.changes[index]
        state, notes = self._state(change)
        self.out.notify([f"{state.word}: {change.wait} {change.text}", *notes])
        if not state.done:
            return state.unblock
        if not state.successful:
            text = f" ({state.message})" if state.message else ""
            raise KappError(f"waiting on {change.wait} {change.text}: Finished unsuccessfully{text}")
        self._waited += 1
        self._done.add(index)
        return True

    def _state(self, change: Change) -> tuple[State, list[str]]:
        if change.wait == "noop":
            return OK, []
        if change.wait == "delete":
            return self._deletion_state(change)
        obj = self.cluster.current(change.resource)
        if obj is None:
            raise KappError(
                f"waiting on reconcile {change.text}: Errored: the resource was deleted meanwhile"
            )
        state = state_of(obj, self.differ.config.wait_rules)
        notes = [f" ^ {state.message}"] if state.message else []
        if state.done or DISABLE_ASSOCIATED_WAIT in annotations_of(obj):
            return state, notes
        return state, notes + self._children(obj)

    def _children(self, obj: Obj) -> list[str]:
        lines: list[str] = []
        for child in sorted(
            self.cluster.associated(obj), key=lambda item: str(item["metadata"]["name"]), reverse=True
        ):
            state = state_of(child)
            lines.append(f" L {state.word}: waiting on {description(child)}")
            if state.message:
                lines.append(f"    ^ {state.message}")
        return lines

    def _deletion_state(self, change: Change) -> tuple[State, list[str]]:
        if is_orphaned(change) or self.cluster.gone(change.resource):
            return OK, []
        obj = self.cluster.current(change.resource) or change.resource
        leaving = bool(obj["metadata"].get("deletionTimestamp"))
        return State(done=False), [f" ^ {deleting(obj).message}"] if leaving else []

    def _check_cancelled(self) -> None:
        if self.pace.cancelled():
            raise Interrupted("the deployment was cancelled", slug="kapp-cancelled")

    def _applied_stats(self) -> str:
        return f"[{len(self._applied)}/{len(self.changes)} done]"

    def _waited_stats(self) -> str:
        return f"[{self._waited}/{len(self.changes)} done]"


def _go_minutes(span: timedelta) -> str:
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    return f"{minutes}m{seconds}s"
