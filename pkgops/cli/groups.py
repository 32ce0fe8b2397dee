"""Options that several commands have in common, in groups: defined, ordered and read once.

A command takes a group as one parameter; :func:`spread` replaces it, for typer, by the group's fields in
their order.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from pkgops.cli import session as sessions
from pkgops.cli.options import (
    Context,
    DryRun,
    IgnoreUnknownComments,
    Namespace,
    Output,
    OutputFormat,
    Progress,
    ProgressMode,
    Record,
    Report,
    Templates,
    Timeout,
    Values,
    Yes,
    Ytt,
)
from pkgops.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Configured:
    """The configuration options of a command that renders templates."""

    values: Values = None
    context: Context = None
    namespace: Namespace = None
    templates: Templates = None
    ytt: Ytt = None
    ignore_unknown_comments: IgnoreUnknownComments = False

    def settings(self, source: Path | None = None) -> Settings:
        """Return the settings with these options; ``source`` is the named folder, if any."""
        return sessions.settings(
            self.values,
            self.context,
            self.namespace,
            self.templates,
            self.ytt,
            source,
            ignore_unknown_comments=self.ignore_unknown_comments,
        )


@dataclass(frozen=True, kw_only=True)
class Run:
    """The options of a command that changes a cluster: how it runs, and its output."""

    timeout: Timeout = None
    yes: Yes = False
    dry_run: DryRun = False
    record: Record = None
    report: Report = None
    output: Output = OutputFormat.TEXT
    progress: Progress = ProgressMode.AUTO

    @property
    def as_json(self) -> bool:
        """Whether stdout is for a program."""
        return self.output is OutputFormat.JSON


GROUPS = (Configured, Run)


def spread(command: Callable[..., T]) -> Callable[..., T]:
    """Return a command with every field of its groups as a parameter of its own."""
    hints = get_type_hints(command, include_extras=True)
    groups = {name: kind for name, kind in hints.items() if kind in GROUPS}

    def run(**given: Any) -> T:
        for name, kind in groups.items():
            fields = {field.name: given.pop(field.name) for field in dataclasses.fields(kind)}
            given[name] = kind(**fields)
        return command(**given)

    own = inspect.signature(command).parameters.values()
    parameters = [one for parameter in own for one in _parameters(parameter, hints)]
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run


def _parameters(parameter: inspect.Parameter, hints: dict[str, Any]) -> Iterator[inspect.Parameter]:
    kind = hints[parameter.name]
    fields = inspect.signature(kind).parameters.values() if kind in GROUPS else (parameter,)
    inner = get_type_hints(kind, include_extras=True) if kind in GROUPS else hints
    for field in fields:
        yield field.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=inner[field.name])
