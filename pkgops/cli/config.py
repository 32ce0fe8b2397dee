"""``pkgops config``."""

from __future__ import annotations

import os

from pkgops.cli.options import Context, Namespace, Output, OutputFormat, Templates, Values, Ytt
from pkgops.cli.session import session, settings


def command(
    values: Values = None,
    context: Context = None,
    namespace: Namespace = None,
    templates: Templates = None,
    ytt: Ytt = None,
    output: Output = OutputFormat.TEXT,
) -> None:
    """Show every setting and its origin.

    Nothing is started and no cluster is read: values of the cluster on this machine
    are shown when it exists. Secrets are hidden. Ends with 2 where a gate of an environment is not
    valid.
    """
    from pkgops.flows import credentials, target
    from pkgops.flows.promotion.gates import configured
    from pkgops.view import configuration

    found = credentials.complete(settings(values, context, namespace, templates, ytt), os.environ)
    with session("plain") as shown:
        shown.name(found)
    found = target.with_local_values(found)
    rows = [(name, value, str(origin)) for name, value, origin in found.rows()]
    print(configuration.document(rows) if output is OutputFormat.JSON else configuration.table(rows))
    for error in configured.problems(found.environments).values():
        raise error
