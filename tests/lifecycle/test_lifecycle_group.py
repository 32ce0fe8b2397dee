"""Which buildpacks take part: the rows are what lifecycle 0.20.8 answered to the same buildpacks."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from buildpack_kit import add_buildpack, set_order

from pkgops.lifecycle import detect
from pkgops.lifecycle.phase import Code


def plan(provides: str = "", requires: str = "", before: str = "") -> str:
    """The sections of a plan, names separated by blanks."""
    return "".join(
        f'[[{before}{section}]]\nname = "{name}"\n'
        for section, names in (("provides", provides), ("requires", requires))
        for name in names.split()
    )


def written(text: str) -> str:
    return f"cat > \"$2\" <<'END'\n{text}\nEND"


BOTH = written(plan("x", "x"))
PROVIDES, REQUIRES = written(plan("x")), written(plan("", "x"))
OTHERS = """api = "0.9"
[buildpack]
id = "m"
version = "1"
[[order]]
[[order.group]]
id = "b"
version = "1"
[[order]]
[[order.group]]
id = "a"
version = "1"
"""


def detected(pod: Path, order: str, buildpacks: dict[str, str]) -> tuple[int, str]:
    """Run the phase; returns its exit code, and the ids of the group."""
    for name, script in buildpacks.items():
        add_buildpack(pod, name, script)
    set_order(pod, *order.split(" / "))
    layers = pod / "layers"
    flags = {
        "app": pod / "workspace",
        "group": layers / "group.toml",
        "plan": layers / "plan.toml",
        "order": pod / "cnb/order.toml",
        "platform": pod / "platform",
    }
    code = detect.main([f"-{name}={value}" for name, value in flags.items()])
    path = layers / "group.toml"
    group = tomllib.loads(path.read_text())["group"] if path.exists() else []
    return code, " ".join(one["id"] for one in group)


@pytest.mark.parametrize(
    ("order", "buildpacks", "code", "group"),
    [
        ("a b?", {"a": BOTH, "b": "exit 100"}, 0, "a"),
        ("a b?", {"a": BOTH, "b": "exit 3"}, 0, "a"),
        ("b?", {"b": "exit 100"}, Code.NO_GROUP, ""),
        ("a / b", {"a": "exit 100", "b": BOTH}, 0, "b"),
        ("a", {"a": PROVIDES}, Code.NO_GROUP, ""),
        ("a", {"a": REQUIRES}, Code.NO_GROUP, ""),
        ("a b?", {"a": BOTH, "b": written(plan("y"))}, 0, "a"),
        ("a b?", {"a": BOTH, "b": written(plan("", "y"))}, 0, "a"),
        ("a b", {"a": REQUIRES, "b": PROVIDES}, Code.NO_GROUP, ""),
        ("a b", {"a": PROVIDES, "b": REQUIRES}, 0, "a b"),
        ("a b c", {"a": PROVIDES, "b": PROVIDES, "c": REQUIRES}, 0, "a b c"),
        ("a b", {"a": BOTH, "b": PROVIDES}, Code.NO_GROUP, ""),
        ("a", {"a": written(plan("", "n") + "[[or]]\n" + plan("y", "y", "or."))}, 0, "a"),
        ("a", {"a": written(plan("", "n") + "[[or]]\n" + plan("", "z", "or."))}, Code.NO_GROUP, ""),
        ("a", {"a": "exit 0"}, 0, "a"),
        ("a", {"a": written("a = ")}, Code.NO_GROUP_WITH_ERRORS, ""),
        ("a b?", {"a": BOTH, "b": written("a = ")}, 0, "a"),
        ("a", {"a": written('provides = "x"')}, Code.NO_GROUP_WITH_ERRORS, ""),
        ("a", {"a": written("[[provides]]\nname = 1")}, Code.NO_GROUP_WITH_ERRORS, ""),
        ("a", {"a": written(plan("x", "x") + 'version = "1"')}, Code.NO_GROUP_WITH_ERRORS, ""),
        ("a", {"a": written(plan("x", "x") + 'version = ""')}, 0, "a"),
        ("a a", {"a": BOTH}, 0, "a"),
        ("a zz?", {"a": BOTH}, Code.FAILED, ""),
    ],
)
def test_a_group_takes_part_as_under_the_lifecycle(pod, order, buildpacks, code, group):
    assert detected(pod, order, buildpacks) == (code, group)


@pytest.mark.parametrize(("order", "group"), [("m", "a"), ("m? c", "a c"), ("c m", "c a")])
def test_a_buildpack_may_stand_for_others(pod, order, group):
    add_buildpack(pod, "m", "exit 1")
    (pod / "cnb/buildpacks/m/1/buildpack.toml").write_text(OTHERS)
    given = {"a": BOTH, "b": "exit 100", "c": written(plan("y", "y"))}
    assert detected(pod, order, given) == (0, group)


def test_an_optional_one_that_stands_for_others_may_have_none_that_passes(pod):
    add_buildpack(pod, "m", "exit 1")
    (pod / "cnb/buildpacks/m/1/buildpack.toml").write_text(OTHERS)
    given = {"a": "exit 100", "b": "exit 100", "c": written(plan("y", "y"))}
    assert detected(pod, "m? c", given) == (0, "c")
    assert detected(pod, "m c", {})[0] == Code.NO_GROUP


def test_a_buildpack_without_a_program_has_failed(pod, capfd):
    add_buildpack(pod, "a", BOTH)
    (pod / "cnb/buildpacks/a/1/bin/detect").unlink()
    assert detected(pod, "a", {}) == (Code.NO_GROUP_WITH_ERRORS, "")
    assert capfd.readouterr().err.splitlines() == [
        "ERROR: No buildpack groups passed detection.",
        "ERROR: failed to detect: buildpack(s) failed with err",
    ]


def test_a_buildpack_that_the_builder_has_not_is_named(pod, capfd):
    assert detected(pod, "zz", {}) == (Code.FAILED, "")
    path = pod / "cnb/buildpacks/zz/1/buildpack.toml"
    text = f"ERROR: failed to initialize detector: open {path}: no such file or directory"
    assert capfd.readouterr().err.splitlines() == [text]


def test_the_plan_names_who_provides_and_what_is_asked(pod):
    given = {"a": PROVIDES, "b": PROVIDES, "c": written(plan("", "x") + "[requires.metadata]\nk = 1\n")}
    assert detected(pod, "a b c", given)[0] == 0
    assert tomllib.loads((pod / "layers/plan.toml").read_text())["entries"] == [
        {
            "providers": [{"id": "a", "version": "1"}, {"id": "b", "version": "1"}],
            "requires": [{"name": "x", "metadata": {"k": 1}}],
        }
    ]
