"""The next step is never the command that just failed with the same words."""

from __future__ import annotations

import json
import re
from itertools import permutations

import pytest

from pkgops.cli import boundary, registry
from pkgops.cli.nextstep import other
from pkgops.errors import StepFailed

NAMES = [entry.name for entry in registry.COMMANDS]
WORDS = ["hello-go", "--to", "apps-prod", "-o", "json", "--stage", "test", "-y"]


@pytest.mark.parametrize(
    ("step", "argv", "told"),
    [
        ("pkgops up", ["up"], "pkgops why"),
        ("pkgops up", ["up", "--templates", "mine", "-o", "json"], "pkgops why"),
        ("pkgops why", ["why", "hello-go"], "pkgops doctor"),
        ("pkgops doctor", ["doctor"], "pkgops why"),
        ("pkgops up, or name another cluster with --context", ["up"], "name another cluster with --context"),
        ("pkgops deliver --to apps-dev lets it follow again", ["deliver", "--to=apps-dev"], "pkgops why"),
        ("pkgops deliver --to apps-dev lets it follow again", ["up"], None),
        ("pkgops local up", ["local", "up", "--instance", "a"], "pkgops local --help"),
        ("pkgops local check, then pkgops local up", ["local", "up"], None),
        ("pkgops wait --revision 12", ["wait"], None),
        ("pkgops up", ["status"], None),
        ("pkgops why hello-go", ["why"], None),
        ("pkgops up --help", ["up", "--nope"], None),
        ("create them, or run the command again with --create-namespace", ["up"], None),
        ("kubectl describe pod/a", ["why"], None),
        ("", ["up"], None),
        ("pkgops up", [], None),
    ],
)
def test_steps(step, argv, told):
    assert other(step, argv) == (step if told is None else told)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("end", ["", ", or look at the log", " again", "; then wait"])
@pytest.mark.parametrize("count", range(4))
def test_the_command_that_failed_is_never_the_next_one(name, count, end):
    for words in permutations(WORDS, count):
        _never_the_same(name, words, end)


def _never_the_same(name, words, end):
    argv = [name, *words]
    shown = other(" ".join(["pkgops", *argv]) + end, argv)
    assert re.split("[,;]| again", shown)[0].split() != ["pkgops", *argv]
    assert shown


@pytest.mark.parametrize("name", NAMES)
def test_it_holds_where_errors_become_messages(name, capsys):
    def fails():
        raise StepFailed("it did not work", next=f"pkgops {name}")

    boundary.guard(fails, [name, "-o", "json"])
    assert json.loads(capsys.readouterr().err)["next"] not in ("", f"pkgops {name}")
