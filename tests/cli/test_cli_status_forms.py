"""The forms of ``pkgops status`` that need no parser of command lines, and the ones left to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pkgops.cli.status_run import StatusArguments, parse


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ([], StatusArguments()),
        (["hello"], StatusArguments(name="hello")),
        (
            ["-f", "a.yaml", "hello", "--values", "b.yaml"],
            StatusArguments(name="hello", values=(Path("a.yaml"), Path("b.yaml"))),
        ),
        (["--context", "c", "-n", "x"], StatusArguments(context="c", namespace="x")),
        (["--namespace=x", "--context=c"], StatusArguments(context="c", namespace="x")),
        (["-o", "json", "--exit-code"], StatusArguments(exit_code=True, as_json=True)),
        (["--output", "text"], StatusArguments()),
        (["-n", "x", "-n", "y"], StatusArguments(namespace="y")),
        (["--templates", "a", "--templates=b"], StatusArguments(templates=(Path("a"), Path("b")))),
    ],
)
def test_plain_forms(arguments, asked):
    assert parse(arguments) == asked


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["-h"],
        ["one", "two"],
        ["-o", "yaml"],
        ["-ojson"],
        ["--nope"],
        ["-f"],
        ["--context", "--yes"],
    ],
)
def test_everything_else_is_left_to_the_parser(arguments):
    assert parse(arguments) is None


def test_neither_typer_nor_a_library_of_http_is_imported(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(f"pkgops: {{context: gone, kubeconfig: {tmp_path / 'none'}}}\n")
    script = (
        "import sys\nfrom pkgops.cli.main import main\n"
        f"try:\n    main(['status', '-f', {str(config)!r}])\nexcept SystemExit as end:\n    print(end.code)\n"
        # What it imports once it knows its cluster.
        "import pkgops.flows.status, pkgops.view.status\n"
        "names = ('typer', 'rich', 'urllib3', 'kubernetes', 'pydantic', 'websocket', 'dataclasses')\n"
        "print([name for name in names if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "3\n[]\n"
    assert "cannot read the kubeconfig" in done.stderr
