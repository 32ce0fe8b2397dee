"""How the differences of two package versions are shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from jsonschema import Draft202012Validator

from pkgops.model.commits import Commit, Commits
from pkgops.view import diff

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "schemas" / "diff.schema.json"
LINES = {
    "images": [diff.Line(action="changed", subject="r/hello", before="sha256:a", after="sha256:b", diff="")],
    "objects": [
        diff.Line(
            action="added", subject="Service hello", before="", after="", diff="--- before\n+++ after\n+a: 1"
        )
    ],
    "package": [],
    "files": [diff.Line(action="removed", subject="ops/x", before="", after="", diff="")],
}
NONE = Commits()
"""Commits of which nothing is known."""
ONE = Commit(sha="b" * 40, subject="Greet", author="Ada", when=datetime(2026, 1, 2, tzinfo=UTC))
SOME = Commits(before="a" * 40, after="b" * 40, added=[ONE])


def test_report():
    assert diff.report("prod", "0.1.1", "0.1.2", list(LINES.items()), NONE, diff.Live()).splitlines() == [
        "prod: 0.1.1 -> 0.1.2",
        "",
        "Images:",
        "  changed r/hello",
        "    sha256:a -> sha256:b",
        "",
        "Resources of the ops bundle:",
        "  added Service hello",
        "    --- before",
        "    +++ after",
        "    +a: 1",
        "",
        "Other files:",
        "  removed ops/x",
    ]
    empty = [(part, []) for part in diff.PARTS]
    assert diff.report("", "0.1.1", "0.1.1", empty, NONE, diff.Live()) == "0.1.1 -> 0.1.1\nnothing differs"


def test_document_fits_its_schema():
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    found = json.loads(
        diff.document("hello", "prod", "0.1.1", "0.1.2", list(LINES.items()), SOME, diff.Live(True))
    )
    assert [error.message for error in Draft202012Validator(schema).iter_errors(found)] == []
    assert set(schema["required"]) == set(found)


def test_what_the_resources_are_compared_with_is_told():
    def shown(live):
        return diff.changes(list(LINES.items()), live).splitlines()

    assert "Resources, as kapp would change them:" in shown(diff.Live(True))
    told = shown(diff.Live(False, "jane may not list services"))
    assert told[0] == "the resources are not compared with the live objects: jane may not list services"
    assert "Resources of the ops bundle:" in told
