"""What ``pkgops status`` does, and a parser for its plain forms that needs no library.

The command is run often, and typer takes 45 to 60 milliseconds of processor time to import and to
parse, half of what ``kubectl get`` takes in total. Other forms (help, errors) are left to typer.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pkgops.cli.session import session, settings
from pkgops.values import Value

_TAKES = {
    "-f": "values",
    "--file": "values",
    "--values": "values",
    "--templates": "templates",
    "--context": "context",
    "-n": "namespace",
    "--namespace": "namespace",
    "-o": "output",
    "--output": "output",
}
_OUTPUTS = ("text", "json")


class StatusArguments(Value, kw_only=True):
    """The arguments of ``status``: workload, configuration, and output."""

    name: str | None = None
    values: tuple[Path, ...] = ()
    templates: tuple[Path, ...] = ()
    context: str | None = None
    namespace: str | None = None
    exit_code: bool = False
    as_json: bool = False


def parse(arguments: Sequence[str]) -> StatusArguments | None:
    """Return the parsed arguments; None for forms that need typer."""
    given: dict[str, list[str]] = {}
    rest = iter(arguments)
    for argument in rest:
        name, equals, text = argument.partition("=") if argument.startswith("--") else (argument, "", "")
        if name == "--exit-code" and not equals:
            given["exit_code"] = [name]
        elif name in _TAKES:
            given.setdefault(_TAKES[name], []).append(text if equals else next(rest, ""))
        elif argument.startswith("-"):
            return None
        else:
            given.setdefault("name", []).append(argument)
    return _arguments(given)


def _arguments(given: dict[str, list[str]]) -> StatusArguments | None:
    texts = [text for values in given.values() for text in values if text != "--exit-code"]
    if any(not text or text.startswith("-") for text in texts) or len(given.get("name", ())) > 1:
        return None
    last = {key: values[-1] for key, values in given.items()}
    if last.get("output", "text") not in _OUTPUTS:
        return None
    return StatusArguments(
        name=last.get("name"),
        values=tuple(Path(text) for text in given.get("values", ())),
        templates=tuple(Path(text) for text in given.get("templates", ())),
        context=last.get("context"),
        namespace=last.get("namespace"),
        exit_code="exit_code" in given,
        as_json=last.get("output") == "json",
    )


def run(arguments: StatusArguments) -> int:
    """Print the status, and return the exit code."""
    with session("plain") as shown:
        target = shown.target(
            settings(arguments.values, arguments.context, arguments.namespace, arguments.templates),
            start=False,
        )
        # Imported late: the cluster is named before anything heavy is loaded.
        from pkgops.flows import status as flow
        from pkgops.view import status as view

        snapshots = flow.status(target, arguments.name, shown.ports)
    print(view.document(snapshots) if arguments.as_json else view.table(snapshots))
    return int(flow.exit_code(snapshots) if arguments.exit_code else flow.answered(snapshots))
