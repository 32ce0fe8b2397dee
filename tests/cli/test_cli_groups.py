"""Groups of options: what a command is given, and in which order its options stand."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated

import pytest
import typer

from pkgops.cli.groups import Configured, Run, spread
from pkgops.cli.options import OutputFormat

App = Annotated[str, typer.Option("--app")]


@spread
def example(*, app: App = "a", configured: Configured, run: Run) -> tuple[str, Configured, Run]:
    """Say what it was given."""
    return app, configured, run


def test_the_fields_stand_where_the_group_stood():
    names = list(inspect.signature(example).parameters)
    assert names[:4] == ["app", "values", "context", "namespace"]
    assert names[-2:] == ["output", "progress"]
    assert example.__doc__ == "Say what it was given."


def test_what_is_parsed_arrives_in_the_groups():
    seen = []

    @spread
    def command(*, app: App = "a", configured: Configured, run: Run) -> None:
        seen.append((app, configured, run))

    parser = typer.Typer(rich_markup_mode=None)
    parser.command()(command)
    main = typer.main.get_command(parser)
    main.main(["--context", "c", "-f", "x.yaml", "--yes", "-o", "json"], standalone_mode=False)
    ((app, configured, run),) = seen
    assert app == "a"
    assert (configured.context, configured.values, configured.namespace) == ("c", [Path("x.yaml")], None)
    assert (run.yes, run.dry_run, run.output) == (True, False, OutputFormat.JSON)
    assert run.as_json


@pytest.mark.parametrize("given", [[], ["--ignore-unknown-comments"]])
def test_unknown_comments_are_ignored_where_the_option_says_so(given, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    seen = []

    @spread
    def command(*, configured: Configured) -> None:
        seen.append(configured.settings().ignores_unknown_comments)

    parser = typer.Typer(rich_markup_mode=None)
    parser.command()(command)
    typer.main.get_command(parser).main(given, standalone_mode=False)
    assert seen == [bool(given)]
