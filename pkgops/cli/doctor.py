"""``pkgops doctor``."""

from __future__ import annotations

import shutil

from pkgops.cli.options import Context, Namespace, Output, OutputFormat, Templates, Values
from pkgops.cli.session import session, settings


def command(
    values: Values = None,
    context: Context = None,
    namespace: Namespace = None,
    templates: Templates = None,
    output: Output = OutputFormat.TEXT,
) -> int:
    """Check the cluster, the permissions and the templates; nothing is changed.

    Traps in the templates are shown with their correction as a diff. Ends with 3 where a check failed.
    """
    from pkgops.flows import doctor as flow
    from pkgops.flows.ports import Ports
    from pkgops.view import doctor as view

    with session("plain") as shown:
        target = shown.target(settings(values, context, namespace, templates), start=False)
        found = flow.doctor(target, Ports())
    if output is OutputFormat.JSON:
        print(view.document(found.target, found.checks))
    else:
        print(view.report(found.target, found.checks, shutil.get_terminal_size().columns))
    return found.exit_code
