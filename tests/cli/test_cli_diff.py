"""``pkgops diff`` as a person runs it: what it prints and how it ends, against servers in memory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from package_versions import APP, pushed
from registry_fixtures import *  # noqa: F403
from typed_kit import *  # noqa: F403
from typed_kit import WORKLOAD

from pkgops.formats import yaml

OLD, NEW, SAME = "0.1.1", "0.1.2", "0.1.3"
SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "schemas" / "diff.schema.json"


def config_map(greeting):
    meta = {"name": "greeting"}
    return yaml.dump_all(
        [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"greeting": greeting}}]
    )


@pytest.fixture
def pkgops(registry, typed, tmp_path):
    """Run pkgops where a workload has three package versions, two of them alike."""
    for version, greeting in ((OLD, "Hello"), (NEW, "Welcome"), (SAME, "Hello")):
        pushed(registry, tmp_path, version, {"delivery.yml": config_map(greeting)})

    def run(*argv, registry=registry.host):
        prefix = {"registry": {"tagPrefix": f"{registry}/apps/"}, "workload": {"name": "hello"}}
        (tmp_path / "config.yaml").write_text(yaml.dump_all([prefix]))
        return typed("diff", *argv)

    return run


def between(before, after):
    return ("--from-version", before, "--to-version", after)


def test_nothing_differs(pkgops):
    assert pkgops(*between(OLD, OLD))[:2] == (0, f"{OLD} -> {OLD}\nnothing differs\n")
    assert pkgops(*between(OLD, SAME))[:2] == (0, f"{OLD} -> {SAME}\nnothing differs\n")


def test_something_differs(pkgops):
    code, out, _ = pkgops(*between(OLD, NEW))
    assert code == 1
    for line in ("  changed ConfigMap greeting", "    -  greeting: Hello", "    +  greeting: Welcome"):
        assert line in out.splitlines()
    code, out, _ = pkgops(*between(OLD, NEW), "-o", "json")
    assert code == 1
    found = json.loads(out)
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(found)
    assert found["live"] == {"compared": False, "reason": ""}
    assert [change["subject"] for change in found["objects"]] == ["ConfigMap greeting"]


def test_the_commits_of_both_ends_are_told_where_a_build_tells_them(memory, pkgops):
    build = {
        "apiVersion": "kpack.io/v1alpha2",
        "kind": "Build",
        "metadata": {"name": "hello-build-1", "namespace": "default", "uid": "b1"},
        "spec": {"source": {"blob": {"url": f"http://source/{'c' * 40}.tar.gz"}}},
        "status": {"latestImage": f"{APP}{'a' * 64}"},
    }
    image = {
        "apiVersion": "kpack.io/v1alpha2",
        "kind": "Image",
        "metadata": {"name": "hello", "namespace": "default", "uid": "i1"},
    }
    memory.put(build, image)
    stamped = {"apiVersion": "kpack.io/v1alpha2", "kind": "Image", "namespace": "default", "name": "hello"}
    resources = [{"name": "image-builder", "stampedRef": stamped}]
    memory.put({**WORKLOAD, "status": {"resources": resources}})
    _, out, _ = pkgops(*between(OLD, NEW))
    assert out.splitlines()[1] == "commit cccccccc"
    _, out, _ = pkgops(*between(OLD, NEW), "-o", "json")
    told = json.loads(out)["commits"]
    assert (told["before"], told["after"], told["added"], told["unknown"]) == ("c" * 40, "c" * 40, [], "")


def test_where_nothing_runs_everything_is_added(pkgops):
    code, out, _ = pkgops("--to", "apps-prod", "--version", NEW)
    assert code == 1
    assert out.startswith(f"apps-prod: nothing -> {NEW}\n")
    assert "the resources are not compared with the live objects: nothing is installed in apps-prod" in out
    assert "  added ConfigMap greeting" in out.splitlines()


@pytest.mark.parametrize(
    ("argv", "slug", "words"),
    [
        ((), "diff-of-what", "next: pkgops diff --to ENV"),
        (between(OLD, "0.1.9"), "unknown-version", "there is no version '0.1.9'"),
        (between("0.1.9", NEW), "unknown-version", "there is no version '0.1.9'"),
        (("--to", "apps-prd"), "unknown-environment", "did you mean apps-prod"),
        (("--to", "apps-dev"), "promote-to-first", "apps-dev is where delivery starts"),
        (between(OLD, ">=0.1"), "bad-version", "is not an exact package version"),
    ],
)
def test_what_was_asked_wrongly_ends_with_2(pkgops, argv, slug, words):
    code, out, err = pkgops(*argv)
    assert (code, out) == (2, "")
    assert f"error: {slug}\n" in err
    assert words in err


def test_what_cannot_be_known_ends_with_3(pkgops):
    code, out, err = pkgops(*between(OLD, NEW), registry="127.0.0.1:9")
    assert (code, out) == (3, "")
    assert "error: registry-unreachable" in err


def test_nothing_to_compare_with_ends_with_5(pkgops):
    code, out, err = pkgops("--to", "apps-prod")
    assert (code, out) == (5, "")
    assert "nothing is installed in apps-dev" in err
