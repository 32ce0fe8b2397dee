"""``pkgops diff``."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pkgops.cli.options import (
    Context,
    Namespace,
    Output,
    OutputFormat,
    Templates,
    Values,
    WorkloadName,
    environment_option,
    source_option,
)
from pkgops.cli.session import session, settings

if TYPE_CHECKING:
    from pkgops.flows.promotion.compare import Difference
    from pkgops.view.diff import Live, Parts


def _version(name: str, help: str) -> Any:
    return typer.Option(name, metavar="V", help=help, show_default=False)


def command(
    name: WorkloadName = None,
    to: Annotated[str, environment_option("The environment that would change.", "--to")] = "",
    version: Annotated[str, _version("--version", "This version instead of the environment's before.")] = "",
    source: Annotated[str, source_option()] = "",
    from_version: Annotated[str, _version("--from-version", "Compare from this version.")] = "",
    to_version: Annotated[str, _version("--to-version", "Compare to this version.")] = "",
    values: Values = None,
    templates: Templates = None,
    context: Context = None,
    namespace: Namespace = None,
    output: Output = OutputFormat.TEXT,
) -> int:
    """Show what a promotion would change: resources, images by digest, and the Package.

    With --to the resources are compared with the live objects there, as kapp would change them; else, or
    where those cannot be read, as both versions have them before ytt and kapp. Ends with 0 where
    nothing differs, 1 where something does, 2 and more where that is unknown.
    """
    from pkgops.errors import Exit, PkgopsError
    from pkgops.flows import diff as flow
    from pkgops.view import diff as view

    request = flow.DiffRequest(
        name=name, to=to, version=version, source=source, from_version=from_version, to_version=to_version
    )
    with session("plain") as shown:
        target = shown.target(settings(values, context, namespace, templates), start=False)
        try:
            found = flow.diff(target, request, shown.ports)
        except PkgopsError as error:
            raise flow.with_own_exit_code(error) from error
    ends = (found.difference.before, found.difference.after)
    parts, commits = parts_of(found.difference), found.commits
    live = live_of(found.difference)
    if output is OutputFormat.JSON:
        print(view.document(found.workload, found.environment, *ends, parts, commits, live))
    else:
        print(view.report(found.environment, *ends, parts, commits, live, colour=coloured()))
    return Exit.FAILED if found.difference.any else Exit.DONE


def coloured() -> bool:
    """Return whether a difference is shown in colours: on a terminal, unless NO_COLOR is set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def parts_of(difference: Difference) -> Parts:
    """Return the differences in the form of the view."""
    from pkgops.view.diff import PARTS, Line

    return [(part, [Line(**asdict(change)) for change in getattr(difference, part)]) for part in PARTS]


def live_of(difference: Difference) -> Live:
    """Return whether a difference is from the live objects, in the form of the view."""
    from pkgops.view.diff import Live

    return Live(difference.live, difference.not_live)
