"""Kinds that cannot be read, as causes; and the order of all causes: the deepest first."""

from __future__ import annotations

from collections.abc import Iterable

from pkgops.model import CHAIN, Blockage, CauseCode, State, Unreadable
from pkgops.pipeline import unknown
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.diagnosis.sentences import sentence
from pkgops.pipeline.object_store import Obj, ObjectStore


def of_gap(gap: Unreadable, scope: str) -> Blockage:
    """Return a kind that cannot be read, as a cause in a scope."""
    return Blockage(
        code=gap.code,
        cause=sentence(gap.code, {"msg": gap.sentence}),
        object=None,
        stage="",
        scope=scope,
        state=State.UNKNOWN,
    )


def of_plan(store: ObjectStore, owner: Obj, scope: str, items: Iterable[Activity]) -> Blockage | None:
    """The cause that the blueprint cannot be read, where all known stages are done: there may be more."""
    gap = unknown.plan(store, owner) if all(item.done for item in items) else None
    return of_gap(gap, scope) if gap else None


def ranked(found: Iterable[Blockage | None], *, delivered: bool) -> tuple[Blockage, ...]:
    """The deepest cause first: failures, then staleness, then what is unknown, then what only waits.

    Each in the order of the stages; a kind that cannot be read is listed once for each scope.

    Until a first package was ever pushed (``delivered`` is false), nothing in an environment can be
    the cause: the supply chain's own come first.
    """

    def rank(blockage: Blockage) -> int:
        if blockage.code in (CauseCode.STALE_PACKAGE, CauseCode.STALE_DEPLOYMENT):
            return 2
        early = blockage.scope == CHAIN and not delivered
        if blockage.state is State.FAILED:
            return 0 if early or delivered else 2
        if blockage.state is State.UNKNOWN:
            return 3
        return 1 if early else 4

    return tuple(_each_once(sorted((item for item in found if item is not None), key=rank)))


def _each_once(found: Iterable[Blockage]) -> Iterable[Blockage]:
    """The causes without repetition: of several stages unknown for one reason, only the first has it."""
    known: set[tuple[str, str]] = set()
    for item in found:
        if item.state is State.UNKNOWN:
            if (item.scope, item.cause) in known:
                continue
            known.add((item.scope, item.cause))
        yield item
