"""The options that commands have in common, as annotated types, so that they are defined once."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer


class OutputFormat(StrEnum):
    """The format of stdout."""

    TEXT = "text"
    JSON = "json"


class ProgressMode(StrEnum):
    """The format of stderr while a command waits."""

    AUTO = "auto"
    LIVE = "live"
    PLAIN = "plain"
    JSON = "json"


def values_option(*names: str) -> Any:
    """Return the option that names configuration files, under these names."""
    return typer.Option(
        *names, metavar="FILE", help="Configuration file; may be given several times.", show_default=False
    )


def environment_option(help: str, *more: str) -> Any:
    """Return the option that names an environment: ``--env`` everywhere, and further names."""
    return typer.Option(*more, "--env", metavar="ENV", help=help, show_default=False)


def source_option() -> Any:
    """Return the option that names the environment a version comes from."""
    return typer.Option(
        "--from",
        metavar="ENV",
        help="The source environment; by default the previous one.",
        show_default=False,
    )


Values = Annotated[list[Path] | None, values_option("-f", "--file", "--values")]
Within = Annotated[str, environment_option("Only in this environment.")]
Stage = Annotated[
    str,
    typer.Option(
        "--stage",
        metavar="S",
        help="A stage by its resource's name, its title, or as fetch, test, build, config, push, detect, "
        "choose, install, serve.",
        show_default=False,
    ),
]
Context = Annotated[
    str | None,
    typer.Option(
        "--context", metavar="NAME", help="The cluster: a context of the kubeconfig.", show_default=False
    ),
]
Namespace = Annotated[
    str | None,
    typer.Option("-n", "--namespace", help="The namespace of the workload.", show_default=False),
]
Output = Annotated[OutputFormat, typer.Option("-o", "--output", help="The format of stdout.")]
Progress = Annotated[
    ProgressMode, typer.Option("--progress", help="A live board, append-only lines, or JSON Lines.")
]
Timeout = Annotated[
    str | None,
    typer.Option(
        "--timeout",
        metavar="DURATION",
        help="Give up waiting after this long, as in 90s or 10m.",
        show_default=False,
    ),
]
Yes = Annotated[bool, typer.Option("-y", "--yes", help="Do not ask before changing a cluster.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the same and change nothing.")]
Templates = Annotated[
    list[Path] | None,
    typer.Option(
        "--templates",
        metavar="DIR",
        help="Your own templates instead of the shipped ones; may be given several times.",
        show_default=False,
    ),
]
Ytt = Annotated[
    str | None,
    typer.Option("--ytt", metavar="PATH", help="Render with this ytt program instead.", show_default=False),
]
IgnoreUnknownComments = Annotated[
    bool,
    typer.Option(
        "--ignore-unknown-comments",
        help="Accept # comments in the templates, as ytt does with this flag.",
    ),
]
CreateNamespace = Annotated[bool, typer.Option("--create-namespace", help="Create missing namespaces.")]
Record = Annotated[
    Path | None,
    typer.Option(
        "--record", metavar="FILE", help="Record the watched objects, for pkgops replay.", show_default=False
    ),
]
WorkloadNames = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME]...",
        help="The workloads; by default all that the configuration lists, else the configured one.",
        show_default=False,
    ),
]
Report = Annotated[
    list[Path] | None,
    typer.Option(
        "--report",
        metavar="FILE",
        help="Write a report at the end, failed or not: a web page, or JUnit XML where FILE ends in .xml; "
        "may be given several times.",
        show_default=False,
    ),
]
WorkloadName = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME]", help="The workload; may be left out where there is one.", show_default=False
    ),
]


def options_of(
    values: Sequence[Path] | None,
    context: str | None,
    namespace: str | None,
    templates: Sequence[Path] | None,
) -> list[str]:
    """Return the options with which another command works on the same cluster with the same settings."""
    given = [("-f", str(one)) for one in values or ()]
    given += [("--context", context)] if context else []
    given += [("-n", namespace)] if namespace else []
    given += [("--templates", str(one)) for one in templates or ()]
    return [word for pair in given for word in pair]
