"""Traps in blueprints and templates, each with the corrected object; pure, on rendered objects.

Every trap was seen on the real components: what a template says is accepted everywhere, and yet the run
hangs, fights or ships the old image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pkgops.model import ObjectRef
from pkgops.pipeline import trap_cluster, trap_packages, trap_tasks, trap_wiring
from pkgops.pipeline.trap import Obj, Trap, stamped
from pkgops.pipeline.trap_cluster import Surroundings

__all__ = ["Correction", "Surroundings", "Trap", "corrections", "stamped", "traps"]

ANY = Surroundings()
"""A cluster that nothing is known of: it serves everything and brings nothing along."""

MOST = 1000
"""More corrections than any templates need; a rule whose fix does not help would go on for ever."""


@dataclass(frozen=True, slots=True)
class Correction:
    """All that is to be corrected in one object: it as it is and as it shall be, and the reasons."""

    before: Obj
    after: Obj
    traps: tuple[Trap, ...]


def corrections(objects: Iterable[Obj], around: Surroundings = ANY) -> list[Correction]:
    """Correct objects until no trap is left that can be corrected, in the objects' order.

    A correction may show the next one, so the rules are asked again after each.
    """
    before = list(objects)
    after = list(before)
    reasons: dict[int, list[Trap]] = {}
    for _ in range(MOST):
        trap = next((trap for trap in traps(after, around) if trap.before != trap.after), None)
        if trap is None:
            break
        place = next(place for place, obj in enumerate(after) if obj is trap.before)
        after[place] = trap.after
        reasons.setdefault(place, []).append(trap)
    return [Correction(before[place], after[place], tuple(found)) for place, found in sorted(reasons.items())]


def traps(objects: Iterable[Obj], around: Surroundings = ANY) -> list[Trap]:
    """All traps in some rendered objects, in the objects' order; ``around`` is the cluster they are for."""
    known = list(objects)
    found = [trap for rule in _RULES for trap in rule(known)]
    found += [trap for local in _CLUSTER_RULES for trap in local(known, around)]
    order = {ObjectRef.of(obj): index for index, obj in enumerate(known)}
    return sorted(found, key=lambda trap: order[trap.object])


_RULES: tuple[Callable[[list[Obj]], Iterator[Trap]], ...] = (
    trap_wiring.inputs_unread,
    trap_packages.sync_period,
    trap_wiring.deployment_source,
    trap_packages.paused,
    trap_wiring.latest_image,
    trap_wiring.image_without_tag,
    trap_tasks.cluster_task,
    trap_tasks.workspace_key,
    trap_tasks.bash_script,
    trap_packages.not_pinnable,
    trap_packages.no_rebase,
)

_CLUSTER_RULES: tuple[Callable[[list[Obj], Surroundings], Iterator[Trap]], ...] = (
    trap_cluster.version_gone,
    trap_cluster.downloads,
    trap_cluster.withdrawn_image,
)
