"""``pkgops reject``."""

from __future__ import annotations

from pkgops.cli.decide import Reason, Version, Where, run
from pkgops.cli.options import Context, Namespace, Templates, Values, WorkloadName
from pkgops.cli.session import settings


def command(
    version: Version,
    name: WorkloadName = None,
    to: Where = "",
    reason: Reason = "",
    values: Values = None,
    context: Context = None,
    namespace: Namespace = None,
    templates: Templates = None,
) -> int:
    """Reject a version: it is not promoted any more, and never the target of a rollback.

    Running versions are not changed.
    """
    return run("reject", version, name, to, reason, settings(values, context, namespace, templates))
