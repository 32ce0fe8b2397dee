"""A typer group whose commands are imported when they are used."""

from __future__ import annotations

import importlib
from itertools import groupby
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from pkgops.cli import registry


def load(entry: registry.Entry) -> Any:
    """Import the module of ``entry`` and return its click command.

    A module that exports ``app`` is a group, one that exports ``command`` a single command; ``Command`` is
    its class where it parses its arguments differently.
    """
    module = importlib.import_module(entry.module)
    app: typer.Typer | None = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(rich_markup_mode=None, add_completion=False)
        app.command(entry.name, cls=getattr(module, "Command", TyperCommand))(module.command)
    app._add_completion = False
    loaded = typer.main.get_command(app)
    loaded.name = entry.name
    loaded.short_help = entry.help
    return loaded


def _stub(entry: registry.Entry) -> TyperCommand:
    """Return a command with its name and help only; it is never run."""
    return TyperCommand(name=entry.name, short_help=entry.help, hidden=entry.hidden, rich_markup_mode=None)


class LazyGroup(TyperGroup):
    """The top-level group: has the names from the registry and imports on use."""

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        # Names for completion and for "Did you mean"; running one goes through get_command.
        self.commands = {entry.name: _stub(entry) for entry in registry.COMMANDS}

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the stub while completing names, the imported command otherwise."""
        entry = registry.BY_NAME.get(cmd_name)
        if entry is None:
            return None
        if ctx.resilient_parsing and not ctx._protected_args:
            return self.commands[cmd_name]
        return load(entry)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands under their headings, without importing any of them."""
        del ctx
        shown = [entry for entry in registry.COMMANDS if not entry.hidden]
        for heading, entries in groupby(shown, key=lambda entry: entry.heading):
            with formatter.section(heading):
                formatter.write_dl([(entry.name, entry.help) for entry in entries], col_max=14)
