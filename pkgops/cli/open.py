"""``pkgops open``."""

from __future__ import annotations

import json
import threading
from typing import Annotated

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
)
from pkgops.cli.session import session, settings


def command(
    name: WorkloadName = None,
    to: Annotated[
        str | None, environment_option("The environment; the first where left out.", "--to")
    ] = None,
    curl: Annotated[bool, typer.Option("--curl", help="Send one request and print the answer.")] = False,
    path: Annotated[str, typer.Option("--path", help="The path that --curl requests.")] = "/",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The local port; 0: any.")] = 8080,
    values: Values = None,
    templates: Templates = None,
    context: Context = None,
    namespace: Namespace = None,
    output: Output = OutputFormat.TEXT,
) -> int:
    """Open the app through a port-forward to a ready pod; Ctrl-C ends it.

    With --curl one request is sent and its answer printed; exit 1 where that is HTTP 500 or above.
    """
    with session("plain") as shown:
        target = shown.target(settings(values, context, namespace, templates), start=False)
        # Imported late: the cluster is named before anything heavy is loaded.
        from pkgops.flows import open as flow
        from pkgops.flows import probe, without_workload

        forward = flow.find(*without_workload.chosen(target, name), to or "", shown.ports)
        if not curl:
            flow.hold(forward, port, shown.ports, threading.Event())
            return 0
        found = probe.probe(forward.client, forward.pod, path, role=forward.role)
    if output is OutputFormat.JSON:
        print(json.dumps({"status": found.status, "body": found.body, "pod": found.pod.name}))
    else:
        typer.echo(found.body, nl=not found.body.endswith("\n"))
    return 0 if found.healthy else 1
