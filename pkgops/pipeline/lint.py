"""What goes wrong in blueprints and templates, each with the corrected object; pure, on rendered objects.

Every one was seen on the real components: what a template says is accepted everywhere, and yet the run
never ends, has two writers of one field, or deploys the old image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pkgops.model import ObjectRef
from pkgops.pipeline.lint_rules import cluster, packages, tasks, wiring
from pkgops.pipeline.lint_rules.cluster import Surroundings
from pkgops.pipeline.lint_rules.finding import LintFinding, Obj, stamped

__all__ = ["Correction", "Surroundings", "LintFinding", "corrections", "stamped", "findings"]

ANY = Surroundings()
"""A cluster of which nothing is known: it counts as serving every kind and having no object."""

MOST = 1000
"""More corrections than any templates need; a rule whose fix does not help would never end."""


@dataclass(frozen=True, slots=True)
class Correction:
    """All that is to be corrected in one object: it as it is and as it shall be, and the reasons."""

    before: Obj
    after: Obj
    findings: tuple[LintFinding, ...]


def corrections(objects: Iterable[Obj], around: Surroundings = ANY) -> list[Correction]:
    """Correct objects until no one is left that can be corrected, in the objects' order.

    A correction may show the next one, so the rules are asked again after each.
    """
    before = list(objects)
    after = list(before)
    reasons: dict[int, list[LintFinding]] = {}
    for _ in range(MOST):
        one = next((one for one in findings(after, around) if one.before != one.after), None)
        if one is None:
            break
        place = next(place for place, obj in enumerate(after) if obj is one.before)
        after[place] = one.after
        reasons.setdefault(place, []).append(one)
    return [Correction(before[place], after[place], tuple(told)) for place, told in sorted(reasons.items())]


def findings(objects: Iterable[Obj], around: Surroundings = ANY) -> list[LintFinding]:
    """What is wrong with rendered objects, in their order; ``around`` is the cluster they are for."""
    known = list(objects)
    findings_of_rules = [one for rule in _RULES for one in rule(known)]
    findings_of_rules += [one for local in _CLUSTER_RULES for one in local(known, around)]
    order = {ObjectRef.of(obj): index for index, obj in enumerate(known)}
    return sorted(findings_of_rules, key=lambda one: order[one.object])


_RULES: tuple[Callable[[list[Obj]], Iterator[LintFinding]], ...] = (
    wiring.inputs_unread,
    packages.sync_period,
    wiring.deployment_source,
    packages.paused,
    wiring.latest_image,
    wiring.image_without_tag,
    tasks.cluster_task,
    tasks.workspace_key,
    tasks.bash_script,
    packages.not_pinnable,
    packages.no_rebase,
)

_CLUSTER_RULES: tuple[Callable[[list[Obj], Surroundings], Iterator[LintFinding]], ...] = (
    cluster.version_gone,
    cluster.downloads,
    cluster.withdrawn_image,
)
