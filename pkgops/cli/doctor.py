"""``pkgops doctor``."""

from __future__ import annotations

import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pkgops.cli.options import Context, Namespace, Output, OutputFormat, Templates, Values
from pkgops.cli.session import session, settings
from pkgops.errors import Exit

if TYPE_CHECKING:
    from pkgops.flows.doctor import Fixes


class RbacPurpose(StrEnum):
    """The purposes of Roles."""

    WATCH = "watch"
    DELIVER = "deliver"
    PROMOTE = "promote"
    APPROVE = "approve"


Rbac = Annotated[
    RbacPurpose | None,
    typer.Option("--rbac", help="Print the Roles for this purpose, as YAML.", show_default=False),
]
User = Annotated[
    str,
    typer.Option("--user", metavar="NAME", help="The subject of --rbac; by default you.", show_default=False),
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

    Known faults in templates are shown with their correction as a diff, or written as ytt overlays with
    --fix-into, which needs no cluster. Ends with 3 where a check failed. With --rbac it prints the Roles
    with the fewest permissions for a purpose instead, for kubectl apply.
    """
    from pkgops.flows import doctor as flow
    from pkgops.flows import rbac as roles
    from pkgops.flows.ports import Ports
    from pkgops.flows.rights import Purpose
    from pkgops.view import doctor as view

    with session("plain") as shown:
        given = settings(values, context, namespace, templates)
        if fix_into is not None and rbac is None:
            found_fixes = flow.fix_into(lambda: shown.target(given, start=False), given, fix_into)
            _print_fixes(found_fixes, fix_into, output)
            return Exit.DONE
        target = shown.target(given, start=False)
        if rbac is not None:
            print(roles.text(target, Purpose(rbac.value), user))
            return 0
        found = flow.doctor(target, Ports())
    if output is OutputFormat.JSON:
        print(view.document(found.target, found.checks))
    else:
        print(view.report(found.target, found.checks, shutil.get_terminal_size().columns))
    return found.exit_code


def _print_fixes(fixes: Fixes, folder: Path, output: OutputFormat) -> None:
    from pkgops.view import machine

    if output is OutputFormat.JSON:
        files = [str(path) for path in fixes.files]
        print(machine.document("TemplateFixes", files=files, assumed=list(fixes.assumed)))
        return
    if fixes.assumed:
        versions = ", ".join(fixes.assumed)
        print(f"no cluster answers: these versions are assumed to be served: {versions}", file=sys.stderr)
    if fixes.files:
        print("\n".join([*map(str, fixes.files), f"next: pkgops up --templates … --templates {folder}"]))
    else:
        print("there is nothing to correct")
