"""The lazy group of all commands, for typer."""

from __future__ import annotations

import typer

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
