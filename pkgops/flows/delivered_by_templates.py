"""Templates that have a deliverable and no workload."""

from __future__ import annotations

from pathlib import Path

from pkgops.errors import UsageError
from pkgops.flows.render import render
from pkgops.flows.target import Target
from pkgops.flows.without_workload import with_environment


def by_templates(target: Target, source: Path | None) -> Target | None:
    """Return the target whose only environment is the namespace of a deliverable in templates without a
    workload.

    That is the namespace that the deliverable names, else the one of ``-n``, as with kubectl.
    None where the templates have a workload, or no deliverable.

    Raises:
        UsageError: there is no workload that the sources would be for.
    """
    settings = target.settings
    if not settings.templates:
        return None
    rendered = render(settings, [settings.workload_namespace])
    if rendered.workloads or not rendered.deliverables:
        return None
    if source is not None:
        raise UsageError(
            f"{source} is the source of no workload: the templates have only a deliverable",
            why="what is delivered is built elsewhere, or written to Git",
            next="leave --source and pkgops.source out, or add a workload to the templates",
            slug="source",
        )
    own = rendered.deliverable(settings.deliverable)["metadata"].get("namespace")
    return with_environment(target, str(own or settings.workload_namespace))
