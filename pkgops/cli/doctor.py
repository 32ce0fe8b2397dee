"""``pkgops doctor``."""

from __future__ import annotations

import shutil
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pkgops.cli.options import Context, Namespace, Output, OutputFormat, Templates, Values
from pkgops.cli.session import session, settings
from pkgops.errors import Exit


class RbacPurpose(StrEnum):
    """What somebody wants to do."""

    WATCH = "watch"
    DELIVER = "deliver"
    PROMOTE = "promote"
    APPROVE = "approve"


Rbac = Annotated[
    RbacPurpose | None,
    typer.Option("--rbac", help="Print the Roles that this needs, as YAML.", show_default=False),
]
User = Annotated[
    str,
    typer.Option("--user", metavar="NAME", help="Whom --rbac binds; without it, you.", show_default=False),
]


def command(
    values: Values = None,
    context: Context = None,
    namespace: Namespace = None,
    templates: Templates = None,
    rbac: Rbac = None,
    user: User = "",
    fix_into: Annotated[
        Path | None,
        typer.Option(
            "--fix-into",
            metavar="DIR",
            help="Write the corrections of the templates as ytt overlays into this new folder instead.",
            show_default=False,
        ),
    ] = None,
    output: Output = OutputFormat.TEXT,
) -> int:
    """Check the cluster, the permissions and the templates; nothing is changed.

    What goes wrong in templates is shown with their correction as a diff, or written as ytt overlays with
    --fix-into. Ends with 3 where a check failed. With --rbac it prints the smallest Roles for a
    purpose instead, for kubectl apply.
    """
    from pkgops.flows import doctor as flow
    from pkgops.flows import rbac as roles
    from pkgops.flows.ports import Ports
    from pkgops.flows.rights import Purpose
    from pkgops.view import doctor as view

    with session("plain") as shown:
        target = shown.target(settings(values, context, namespace, templates), start=False)
        if rbac is not None:
            print(roles.text(target, Purpose(rbac.value), user))
            return 0
        if fix_into is not None:
            _tell(flow.fix_into(target, fix_into), fix_into, output)
            return Exit.DONE
        found = flow.doctor(target, Ports())
    if output is OutputFormat.JSON:
        print(view.document(found.target, found.checks))
    else:
        print(view.report(found.target, found.checks, shutil.get_terminal_size().columns))
    return found.exit_code


def _tell(files: list[Path], folder: Path, output: OutputFormat) -> None:
    from pkgops.view import machine

    if output is OutputFormat.JSON:
        print(machine.document("TemplateFixes", files=[str(path) for path in files]))
    elif files:
        print("\n".join([*map(str, files), f"next: pkgops up --templates … --templates {folder}"]))
    else:
        print("there is nothing to correct")
