"""The checks of environments: what they mean, and the place of what is wrong in one."""

from __future__ import annotations

import pytest

from pkgops.errors import UsageError
from pkgops.settings import HttpCheck, Overrides, TaskCheck, load

FORM = """\
pkgops:
  environments:
    - name: dev
      verify:
        - http: /
        - {check}
"""


def environments(tmp_path, text):
    (tmp_path / "config.yaml").write_text(text)
    return load(Overrides(), {}, tmp_path).environments


def test_what_a_check_leaves_out_is_the_usual(tmp_path):
    (found,) = environments(tmp_path, FORM.replace("{check}", "{task: smoke, params: {a: true, b: 2}}"))
    assert found.checks == (
        HttpCheck(name="http /", path="/", method="GET", status=200, text="", headers=(), deadline=10.0),
        TaskCheck(
            name="task smoke", task="smoke", params=(("a", "true"), ("b", "2")), account="", deadline=300.0
        ),
    )
    assert found.on_failure == "keep"


def test_all_of_a_request_may_be_said(tmp_path):
    said = "{name: n, http: /a, method: HEAD, status: 404, text: 1.5, header: {A: b}, deadline: 2m}"
    (found,) = environments(tmp_path, FORM.replace("{check}", said))
    assert found.checks[1] == HttpCheck(
        name="n", path="/a", method="HEAD", status=404, text="1.5", headers=(("A", "b"),), deadline=120.0
    )


@pytest.mark.parametrize(
    ("check", "place", "told"),
    [
        ("hello", "6:11", "either http or task"),
        ("{http: /, task: a}", "6:11", "either http or task"),
        ("{http: /, body: a}", "6:21", "not body"),
        ("{task: a, text: b}", "6:21", "not text"),
        ("{task: ''}", "6:12", "task is empty"),
        ("{http: x}", "6:12", "begins with /"),
        ('{http: "/a b"}', "6:12", "begins with /"),
        ("{http: /a, method: get}", "6:22", "method is one of"),
        ("{http: /a, status: ok}", "6:22", "HTTP status"),
        ("{http: /a, status: 2000}", "6:22", "HTTP status"),
        ("{http: /a, header: [a]}", "6:22", "map of texts"),
        ("{http: /a, text: [a]}", "6:22", "must be text"),
        ("{http: /a, deadline: soon}", "6:22", "not a duration"),
        ("{http: /}", "6:11", "http / is used twice"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_place(tmp_path, check, place, told):
    with pytest.raises(UsageError) as caught:
        environments(tmp_path, FORM.replace("{check}", check))
    assert f"config.yaml:{place}: " in caught.value.what
    assert told in caught.value.what


@pytest.mark.parametrize(
    ("key", "told"), [("verify: all", "list of checks"), ("onFailure: retry", "keep or rollback")]
)
def test_what_an_environment_says_otherwise(tmp_path, key, told):
    with pytest.raises(UsageError, match=told) as caught:
        environments(tmp_path, f"pkgops:\n  environments:\n    - name: dev\n      {key}\n")
    assert "config.yaml:4:7: " in caught.value.what
