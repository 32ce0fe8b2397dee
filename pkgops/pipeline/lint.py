"""Lint: known faults in blueprints and templates, each with the corrected object; pure, on rendered objects.

Each was observed on the real components: the template is accepted everywhere, but the run
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
"""A cluster that was not read: it counts as serving every version and having no images."""

MOST = 1000
"""A limit of corrections above what any templates need; a rule whose fix does not help would never end."""


@dataclass(frozen=True, slots=True)
class Correction:
    """All corrections of one object: the object before and after, and the findings."""

    before: Obj
    after: Obj
    findings: tuple[LintFinding, ...]


def corrections(objects: Iterable[Obj], around: Surroundings = ANY) -> list[Correction]:
    """Return the corrections of objects, in the objects' order.

    A correction may reveal the next one, so the rules are applied again after each until none finds anything.
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
    return [Correction(before[place], after[place], tuple(lines)) for place, lines in sorted(reasons.items())]


def findings(objects: Iterable[Obj], around: Surroundings = ANY) -> list[LintFinding]:
    """Return the findings in rendered objects, in their order; ``around`` is the cluster they are for."""
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
