"""Traps in blueprints and templates, each with the corrected object; pure, on rendered objects.

Every trap was seen on the real components: what a template says is accepted everywhere, and yet the run
hangs, fights or ships the old image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pkgops.model import ObjectRef
from pkgops.pipeline import trap_packages, trap_tasks, trap_wiring
from pkgops.pipeline.trap import Obj, Trap, stamped

__all__ = ["Trap", "stamped", "traps"]


def traps(objects: Iterable[Obj]) -> list[Trap]:
    """All traps in some rendered objects, in the objects' order."""
    known = list(objects)
    found = [trap for rule in _RULES for trap in rule(known)]
    order = {ObjectRef.of(obj): index for index, obj in enumerate(known)}
    return sorted(found, key=lambda trap: order[trap.object])


_RULES: tuple[Callable[[list[Obj]], Iterator[Trap]], ...] = (
    trap_wiring.inputs_unread,
    trap_packages.sync_period,
    trap_wiring.deployment_source,
    trap_packages.paused,
    trap_wiring.latest_image,
    trap_tasks.cluster_task,
    trap_tasks.workspace_key,
    trap_tasks.bash_script,
    trap_packages.not_pinnable,
    trap_packages.no_rebase,
)
