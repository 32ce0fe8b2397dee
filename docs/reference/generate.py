"""Write the reference from the code: commands, configuration, exit codes, roles.

usage: python docs/reference/generate.py          (a test fails when the result is not what is committed)
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from itertools import groupby
from pathlib import Path

from pkgops.cli import boundary, lazy, registry
from pkgops.cli.app import app
from pkgops.errors import Exit
from pkgops.flows import render, rights
from pkgops.platform.fieldsupport import Field, fields_of
from pkgops.settings import Overrides, load
from pkgops.settings.describe import keys

FIELD_GROUPS = ("tekton", "carto", "flux", "kpack", "carvel", "knative", "storage")
FOLDER = Path(__file__).parent
NOTE = "<!-- Written by docs/reference/generate.py from the code; changes belong there. -->\n\n"
WIDTH = "100"

ANY_VALUES = {
    "registry.tagPrefix": "registry.example.com/demo/",
    "git.url": "https://git.example.com/demo/hello-go.git",
    "steps.test.image": "registry.example.com/go",
    "steps.package.image": "registry.example.com/toolbox",
}
"""Values that the templates need, and on which no kind depends."""

EXIT_CODES = {
    Exit.DONE: "Done.",
    Exit.FAILED: "A step of the pipeline failed: a test, a build, a push, an install; or nothing answers. "
    "For `pkgops diff`: something differs. For `pkgops verify`: a check failed.",
    Exit.USAGE: "The command line or the configuration is wrong. Nothing was changed.",
    Exit.UNREACHABLE: "Something is not reachable, or may not be read, so the answer is unknown; "
    "or a check before the work failed.",
    Exit.DEADLINE: "The time is over and the pipeline still works; the message lists what it waits for.",
    Exit.REFUSED: "A gate refused: promoting what is not healthy, changing a cluster without consent.",
    Exit.BUG: "A bug in pkgops; the message names a report file.",
    Exit.INTERRUPTED: "Interrupted with Ctrl-C or SIGTERM. The cluster continues with what was applied.",
}


def pages() -> dict[str, str]:
    """Return every generated page by its file name."""
    os.environ["COLUMNS"] = WIDTH
    return {
        "commands.md": commands(),
        "configuration.md": configuration(),
        "exit-codes.md": exit_codes(),
        "platform-fields.md": platform_fields(),
        "roles.md": roles(),
    }


def commands() -> str:
    """Return the help of every command under its heading."""
    parts = [NOTE, "# Commands\n\n", "Every command takes `--help`; `kubectl pkgops` takes the same.\n"]
    for heading, entries in groupby(registry.COMMANDS, key=lambda entry: entry.heading):
        parts.append(f"\n## {heading}\n")
        for entry in entries:
            parts += [_help(*words) for words in _paths(entry)]
    return "".join(parts)


def configuration() -> str:
    """Return the table of all keys."""
    lines = [
        NOTE.rstrip("\n"),
        "",
        "# Configuration",
        "",
        "`config.yaml` in the working folder, or the files named with `-f` (the later wins), or the one of",
        "`PKGOPS_CONFIG`. It is a data values file of the templates; keys below `pkgops:` are pkgops's own.",
        "Lowest first: default, local cluster, files, environment, options. `pkgops config` shows where each",
        "value came from.",
        "",
        "| Key | Default | Meaning |",
        "| --- | --- | --- |",
    ]
    for key in keys():
        variable = f" (`{key.variable}`)" if key.variable else ""
        lines.append(f"| `{key.name}` | `{key.default}` | {_escaped(key.meaning)}{variable} |")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("|", "\\|")


def exit_codes() -> str:
    """Return the table of exit codes."""
    lines = [NOTE.rstrip("\n"), "", "# Exit codes", "", "| Code | Meaning |", "| --- | --- |"]
    lines += [f"| {int(code)} | {EXIT_CODES[code]} |" for code in Exit]
    lines += [
        "",
        "An error is four parts on stderr: `error: <slug>`, what happened, why, and `next:` with what to do.",
        "With `-o json` it is one JSON document of kind `Error` with the same parts. Slugs are stable.",
    ]
    return "\n".join(lines) + "\n"


def platform_fields() -> str:
    """Return how the local platform handles each field of the kinds that it serves."""
    lines = [
        NOTE.rstrip("\n"),
        "",
        "# Fields on the local platform",
        "",
        "Every field of a spec in the real system's definition, and every annotation and label that its code",
        "reads, is on one of these lists. *Refused*: admission or the object's conditions report it.",
        "*Refused there too*: with the message of the real system. *Warned*: it has no effect, and",
        "admission reports it (`Warning:` of kubectl). *Harmless*: it may be left. The entry of a field",
        "covers all fields below it.",
    ]
    for group in FIELD_GROUPS:
        for kind, known in fields_of(group).items():
            lines += ["", f"## {kind} ({known.api_version})" if known.api_version else f"## {kind}", ""]
            others = [field for field in known.fields if field.verdict != "acted on"]
            if others:
                lines += ["| Field | | Why |", "| --- | --- | --- |"]
                lines += [f"| `{one.path}` | {one.verdict}{_unless(one)} | {one.reason} |" for one in others]
                lines.append("")
            acted = ", ".join(f"`{field.path}`" for field in known.with_verdict("acted on"))
            lines.append(f"Acted on: {acted or 'nothing; no controller reads it there either'}.")
    return "\n".join(lines) + "\n"


def _unless(field: Field) -> str:
    return f" (unless {' or '.join(f'`{value}`' for value in field.unless)})" if field.unless else ""


def roles() -> str:
    """Return the rights that each purpose needs with the shipped templates and the default settings."""
    options = {key: (value, "roles") for key, value in ANY_VALUES.items()}
    settings = load(Overrides((), options), {}, FOLDER)
    first, *others = settings.environments
    found = render.render(settings, [one.namespace for one in settings.environments])
    objects = [*found.workflows, *found.workloads, *found.deliverables]
    parts = [
        NOTE,
        "# Roles\n\n",
        "What each purpose needs with the shipped templates and the default namespaces. "
        "`pkgops doctor --rbac` prints\nthe Roles and bindings for yours, as YAML for `kubectl apply`. "
        "Whatever is missing is told as unknown, or ends the\ncommand with exit 3.\n",
    ]
    for purpose in rights.Purpose:
        names = {"first": first.name, "others": ", ".join(one.name for one in others)}
        parts.append(f"\n## {purpose}\n\nFor {rights.COMMANDS[purpose].format(**names)}.\n\n")
        parts.append("| Namespace | Kinds | Verbs |\n| --- | --- | --- |\n")
        parts += _rights(rights.used(purpose, settings, objects))
    lost = [f"- {kind}: {text}.\n" for kind, text in sorted(rights.LOST.items())]
    return "".join([*parts, "\n## What is lost without the cluster-scoped kinds\n\n", *lost])


def _rights(grants: list[rights.Grant]) -> Iterator[str]:
    rows: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for one in grants:
        below = f"/{one.subresource}" if one.subresource else ""
        kind = f"{one.kind}{below}" + (f" ({one.group})" if one.group else "")
        rows.setdefault((one.namespace, one.verbs), []).append(kind)
    for (namespace, verbs), kinds in rows.items():
        yield f"| {namespace or '(cluster)'} | {', '.join(kinds)} | {', '.join(verbs)} |\n"


def _paths(entry: registry.Entry) -> Iterator[tuple[str, ...]]:
    loaded = lazy.load(entry)
    names = list(getattr(loaded, "commands", {}))
    yield from [(entry.name, name) for name in names] or [(entry.name,)]


def _help(*words: str) -> str:
    out = StringIO()
    with redirect_stdout(out):
        boundary.run(app, [*words, "--help"])
    return f"\n### pkgops {' '.join(words)}\n\n```text\n{out.getvalue().rstrip()}\n```\n"


def main() -> None:
    """Write all pages."""
    for name, text in pages().items():
        (FOLDER / name).write_text(text)
        print(f"{name}: {len(text.splitlines())} lines", file=sys.stderr)


if __name__ == "__main__":
    main()
