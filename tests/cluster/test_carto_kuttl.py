"""Cartographer's own end-to-end cases, as far as they are at hand, against the local platform.

RBAC is on and the admission checks are off, as upstream runs them; a step has ten seconds there,
and a minute here, because this machine may be busy with other tests.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from carto_kit import PlatformProcess, Scene, carto, fixtures, scene, wait_for

from pkgops.formats import yaml
from pkgops.kube import Client, NotFound, Obj

pytestmark = pytest.mark.cluster
__all__ = ["carto"]

FOLDER = Path(os.environ.get("PKGOPS_FIXTURES", "/nonexistent")) / "cartographer-kuttl"
CASES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.glob("[a-z]*/*") if path.is_dir())


def difference(want: object, got: object, path: str = "") -> str | None:
    """Return where ``got`` does not contain ``want``: maps by subset, lists element by element."""
    if isinstance(want, dict):
        if not isinstance(got, dict):
            return f"{path}: {got!r} is no map"
        pairs = ((key, value) for key, value in want.items())
        return next(filter(None, (_member(key, value, got, path) for key, value in pairs)), None)
    if isinstance(want, list):
        if not isinstance(got, list) or len(got) != len(want):
            return f"{path}: {got!r} has not {len(want)} elements"
        found = (
            difference(one, other, f"{path}[{at}]")
            for at, (one, other) in enumerate(zip(want, got, strict=True))
        )
        return next(filter(None, found), None)
    return None if want == got else f"{path}: {got!r}, not {want!r}"


# Keys as kubectl reads them from YAML 1.1.
BOOLEAN_KEYS = {"yes": "true", "on": "true", "no": "false", "off": "false"}


def _member(key: str, value: object, got: dict[str, object], path: str) -> str | None:
    key = key if key in got else BOOLEAN_KEYS.get(key, key)
    return difference(value, got[key], f"{path}.{key}") if key in got else f"{path}.{key}: missing"


def test_difference_can_fail() -> None:
    assert difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2, "c": 3}], "d": 4}) is None
    assert difference({"a": [1]}, {"a": [1, 2]}) == ".a: [1, 2] has not 1 elements"
    assert difference({"a": {"b": "1"}}, {"a": {"b": 1}}) == ".a.b: 1, not '1'"
    assert difference({"a": 1}, {}) == ".a: missing"


def documents(path: Path) -> list[Obj]:
    return [document for document in yaml.parse_all(path.read_text(), path.name) if document]


def unmatched(at: Scene, wanted: Obj) -> str | None:
    """Return None if some live object contains ``wanted``, else the difference to the last one."""
    kind, name = wanted["kind"], wanted["metadata"].get("name") if "metadata" in wanted else None
    try:
        resource = at.client.resource(wanted["apiVersion"], kind)
    except NotFound:
        return f"{kind} is not served"
    namespace = at.namespace if resource.namespaced else ""
    found = at.client.list(wanted["apiVersion"], kind, namespace).items
    differences = [difference(wanted, obj) for obj in found if name in (None, obj["metadata"]["name"])]
    return None if None in differences else f"{kind}/{name}: {differences[-1] if differences else 'absent'}"


def steps(case: Path) -> Iterator[tuple[list[Path], list[Path], list[Path]]]:
    """Yield the files to apply, to find and not to find, step by step."""
    files = sorted(case.glob("[0-9]*.yaml"))
    for number in sorted({path.name.split("-", 1)[0] for path in files}):
        step = [path for path in files if path.name.startswith(f"{number}-")]
        asserts = [path for path in step if path.name.endswith("-assert.yaml")]
        errors = [path for path in step if path.name.endswith("-errors.yaml")]
        yield [path for path in step if path not in asserts + errors], asserts, errors


@pytest.fixture(scope="module")
def test_kinds(carto_client: Client) -> None:
    for path in sorted((fixtures() / "cartographer-kuttl" / "_crds").glob("*.yaml")):
        for document in documents(path):
            document["metadata"].pop("creationTimestamp", None)
            carto_client.apply({key: value for key, value in document.items() if key != "status"})


@pytest.mark.skipif(not CASES, reason="PKGOPS_FIXTURES names no folder with the fixtures of peers")
@pytest.mark.parametrize("case", CASES or ["none"])
def test_case(case: str, carto: PlatformProcess, carto_client: Client, test_kinds: None) -> None:
    prefix = "kuttl-" + re.sub(r"[^a-z0-9]", "", case.rpartition("/")[2].lower())[:30]
    with scene(carto_client, prefix) as at:
        at.grant()
        for applied, asserts, errors in steps(FOLDER / case):
            for path in applied:
                at.apply(*documents(path))
            _settled(at, [doc for path in asserts for doc in documents(path)], errors)


def _settled(at: Scene, wanted: list[Obj], errors: list[Path]) -> None:
    unwanted = [document for path in errors for document in documents(path)]
    found: list[str] = []

    def holds() -> bool:
        missing = [text for text in (unmatched(at, document) for document in wanted) if text]
        there = [f"{document['kind']} is there" for document in unwanted if unmatched(at, document) is None]
        found[:] = missing + there
        return not found

    try:
        wait_for("the step", holds, pause=0.2)
    except AssertionError:
        pytest.fail("\n".join(found))
