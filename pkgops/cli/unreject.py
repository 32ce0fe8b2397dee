"""``pkgops unreject``."""

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
    """Revoke the rejection of a version; earlier approvals do not count any more."""
    return run("unreject", version, name, to, reason, settings(values, context, namespace, templates))
