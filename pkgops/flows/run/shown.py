"""The part of a Snapshot that is shown: what belongs to the goal of the run."""

from __future__ import annotations

from pkgops.flows.run.goal import Goal
from pkgops.model import CHAIN, Snapshot
from pkgops.pipeline import carried
from pkgops.values import replace


def shown(snapshot: Snapshot, goal: Goal) -> Snapshot:
    """Return a Snapshot reduced to the goal, with ``still`` set for stages of another commit or version.

    The supply chain is left out for a goal with only a version, other environments for one that names some.
    """
    everywhere = tuple(env.name for env in snapshot.environments)
    names = (goal.environments or everywhere) if goal.deliver else ()
    chain = not goal.version or bool(goal.revision)
    scopes = {*names, CHAIN} if chain else set(names)
    narrowed = replace(
        snapshot,
        stages=snapshot.stages if chain else (),
        environments=tuple(env for env in snapshot.environments if env.name in names),
        blockages=tuple(one for one in snapshot.blockages if one.scope in scopes),
    )
    marked = carried.marked(narrowed, goal.revision, "" if goal.revision else goal.version)
    return replace(marked, revision=(goal.revision or snapshot.revision) if chain else "")
