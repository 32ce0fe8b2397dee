"""The argument that names a workload on a cluster or a recording, and the options of a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pkgops.errors import UsageError

Subject = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME|RECORDING]",
        help="The workload, or a file written with --record (its name has a slash, or ends in .jsonl or "
        ".jsonl.gz).",
        show_default=False,
    ),
]
At = Annotated[
    float | None,
    typer.Option(
        "--at", metavar="SECONDS", help="The moment of a recording; its end if left out.", show_default=False
    ),
]
Workload = Annotated[
    str,
    typer.Option("--workload", metavar="NAME", help="Which workload of a recording.", show_default=False),
]


def recording_of(subject: str | None, at: float | None = None, workload: str = "") -> Path | None:
    """Return the path of a recording; None where the argument is a workload on a cluster.

    Names of workloads are DNS labels, so an argument with a slash or a file's suffix is not a name.

    Raises:
        UsageError: an option for recordings, without one.
    """
    if subject and ("/" in subject or subject.endswith((".jsonl", ".jsonl.gz"))):
        return Path(subject)
    if at is not None or workload:
        option = "--workload" if workload else "--at"
        raise UsageError(
            f"{option} is for a recording",
            why=f"{subject!r} is read as the name of a workload" if subject else "none is named",
            next="name the file of a recording, as in ./run.jsonl",
            slug="no-recording",
        )
    return None
