"""``pkgops unreject``."""

from __future__ import annotations

from typing import Annotated

import typer

from pkgops.cli.decide import Version, Where, run
from pkgops.cli.options import Context, Namespace, Templates, Values, WorkloadName
from pkgops.cli.session import settings


def command(
    version: Version,
    name: WorkloadName = None,
    to: Where = "",
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; stands in the record.", show_default=False)
    ] = "",
    values: Values = None,
    context: Context = None,
    namespace: Namespace = None,
    templates: Templates = None,
) -> int:
    """Take the rejection of a version back; who approved it before must do so again."""
    return run("unreject", version, name, to, reason, settings(values, context, namespace, templates))
