"""The prompt for what to keep at the end of ``pkgops dev``."""

from __future__ import annotations

import os
import sys
import webbrowser
from typing import TYPE_CHECKING

import typer

from pkgops.cli.session import Session

if TYPE_CHECKING:
    from pkgops.flows.target import Target

EVERYTHING, TEMPLATES, NOTHING = "e", "t", "n"
SCREENS = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
"""Environment variables of which one is set where a browser can be opened."""


def open_address(url: str) -> bool:
    """Open an address in a browser, where there is a display; False where that failed."""
    if sys.platform != "darwin" and not any(os.environ.get(name) for name in SCREENS):
        return True
    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False


def ask(shown: Session, target: Target, workload: str) -> None:
    """Prompt for what to keep, and delete the rest."""
    shown.progress.close()
    for line in choices(workload, local=target.local is not None):
        typer.echo(line, err=True)
    chosen = typer.prompt("Leave", default=EVERYTHING, err=True).strip().lower()[:1]
    if chosen == TEMPLATES:
        _clean(shown, target, workload)
    elif chosen == NOTHING and target.local is not None:
        _stop(shown, target.local.name)
    else:
        shown.ports.done(f"everything is kept; pkgops status {workload}")


def choices(workload: str, *, local: bool) -> list[str]:
    """Return the choices of what to keep, a line for each key."""
    lines = [
        f"  {EVERYTHING}  everything: {workload} keeps answering",
        f"  {TEMPLATES}  the templates: {workload} and its deliverables are deleted",
    ]
    return [*lines, f"  {NOTHING}  nothing: the cluster on this machine is stopped"] if local else lines


def _clean(shown: Session, target: Target, workload: str) -> None:
    from pkgops.flows import clean as flow

    flow.clean(target, flow.select(target, workload), shown.ports, target.settings.timeout("clean"))
    shown.ports.done(f"{workload} is deleted")


def _stop(shown: Session, instance: str) -> None:
    from pkgops import local

    local.down(instance, lambda event: shown.ports.note(f"{event.part} {event.state}"))
    shown.ports.done(f"the local cluster {instance} is deleted")
