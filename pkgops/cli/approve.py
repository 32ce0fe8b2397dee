"""``pkgops approve``."""

from __future__ import annotations

from typing import Annotated

from pkgops.cli.decide import Reason, Version, run
from pkgops.cli.options import Context, Namespace, Templates, Values, WorkloadName, environment_option
from pkgops.cli.session import settings


def command(
    version: Version,
    name: WorkloadName = None,
    to: Annotated[str, environment_option("The environment.", "--to")] = "",
    reason: Reason = "",
    values: Values = None,
    context: Context = None,
    namespace: Namespace = None,
    templates: Templates = None,
) -> int:
    """Approve a version for an environment, as the user that its cluster authenticates.

    The approval is of the image that the version has now. It counts for a gate 'approval' of the
    environment, whoever promotes. A later rejection revokes it.
    """
    from pkgops.errors import UsageError

    if not to:
        raise UsageError("Missing option '--to' / '--env'.", next="pkgops approve --help")
    return run("approve", version, name, to, reason, settings(values, context, namespace, templates))
