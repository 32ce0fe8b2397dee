"""``pkgops rerun``."""

from __future__ import annotations

import json

from pkgops.cli.options import (
    Context,
    Namespace,
    Output,
    OutputFormat,
    Stage,
    Templates,
    Values,
    Within,
    WorkloadName,
    Yes,
)
from pkgops.cli.session import confirm, session, settings


def command(
    stage: Stage,
    name: WorkloadName = None,
    environment: Within = "",
    values: Values = None,
    templates: Templates = None,
    context: Context = None,
    namespace: Namespace = None,
    yes: Yes = False,
    output: Output = OutputFormat.TEXT,
) -> None:
    """Start one stage again without a commit: one new run with the same inputs."""
    from pkgops.flows import rerun as flow
    from pkgops.view import changes
    from pkgops.view.errors import API_VERSION

    with session("plain") as shown:
        target = shown.target(settings(values, context, namespace, templates), start=False)
        if target.confirms and not yes:
            confirm(target.name, [f"start stage {stage} again"])
        done = flow.rerun(target, name, stage, shown.ports, environment)
    if output is OutputFormat.JSON:
        body = {
            "stage": done.stage,
            "part": done.scope,
            "object": changes.reference(done.object),
            "how": done.how,
        }
        print(json.dumps({"apiVersion": API_VERSION, "kind": "Rerun", **body}, indent=2))
    else:
        print(f"{done.stage}: {done.how} {done.object}")
