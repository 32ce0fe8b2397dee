"""The entry point: builds the lazy group and runs it inside the one error boundary."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from pkgops.cli import boundary
from pkgops.cli.lazy import LazyGroup

app = typer.Typer(
    cls=LazyGroup,
    name="pkgops",
    rich_markup_mode=None,
    add_completion=True,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Every command takes --help. The target cluster is --context, else PKGOPS_CONTEXT, else "
    "the context of the configuration, else the cluster on this machine.",
)


@app.callback()
def root() -> None:
    """Drive a software supply chain and its delivery on Kubernetes, from a laptop."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run ``pkgops`` and end the process with its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    sys.exit(boundary.run(app, arguments))
