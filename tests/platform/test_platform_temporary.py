"""Temporary errors of the API server are not written to the status as failures: the reconcile is retried."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from fake_api import FakeApi

import pkgops.platform
from pkgops.kube import ApiError, Client
from pkgops.platform.carto import orphans
from pkgops.platform.carvel.fetch import Fetcher
from pkgops.platform.carvel.secrets import References

ROOT = Path(pkgops.platform.__file__).parent
BUSY = {"reason": "ServiceUnavailable", "message": "apiserver not ready"}
WITHOUT_SERVER = {
    "carto/render.py _rendered": "renders",
    "carvel/repository.py render": "reads what was rendered",
    "carvel/template.py kbld": "asks registries only",
    "carvel/template.py ytt": "renders",
    "flux/imagepolicy.py _tags_of": "reads a file",
    "flux/registry.py _keychain": "reads a text",
    "tekton/pods.py _command_of": "asks registries only",
}
"""Functions that catch errors which do not come from the API server."""
TRIED_AGAIN = {
    "__main__.py main": "exits; everything is reconciled at the next start",
    "carto/owner.py _save": "raises RetryLater",
    "carto/stamper.py delete": "the next reconcile of the owner deletes it",
    "failurereports.py _write_status": "the next failure writes it",
}
"""Functions whose errors are retried without a check in the handler."""


def handlers() -> list[tuple[str, bool]]:
    """The functions that catch every PkgopsError, and whether they check that it is temporary."""
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.FunctionDef):
                continue
            for handler in (node for node in ast.walk(function) if isinstance(node, ast.ExceptHandler)):
                if "PkgopsError" in names(handler.type):
                    asks = {"is_temporary", "raise_temporary", "_rejection"} & names(*handler.body)
                    found.append((f"{path.relative_to(ROOT)} {function.name}", bool(asks)))
    return found


def names(*nodes: ast.AST | None) -> set[str]:
    walked = (one for node in nodes if node is not None for one in ast.walk(node))
    return {one.id for one in walked if isinstance(one, ast.Name)}


def test_who_catches_every_error_asks_whether_it_will_pass() -> None:
    silent = {where for where, asks in handlers() if not asks}
    assert silent == {*WITHOUT_SERVER, *TRIED_AGAIN}


def test_a_config_map_that_cannot_be_read_for_now_is_no_failed_fetch(
    api: FakeApi, client: Client, tmp_path: Path
) -> None:
    fetcher = Fetcher(References(client, "default"))
    source = [{"inline": {"pathsFrom": [{"configMapRef": {"name": "one"}}]}}]
    api.answer_next("GET", "/api/v1/namespaces/default/configmaps/one", 503, BUSY, {})
    with pytest.raises(ApiError):
        fetcher.fetch(source, tmp_path)


def test_an_orphan_that_cannot_be_deleted_for_now_is_not_forgotten(api: FakeApi, client: Client) -> None:
    class Platform:
        """No more of a platform than its client."""

        def __init__(self) -> None:
            self.client = client

    api.answer_next("GET", "/api/v1/namespaces/default/configmaps/one", 503, BUSY, {})
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "namespace": "default", "name": "one"}
    with pytest.raises(ApiError):
        orphans.remove(Platform(), {"metadata": {"uid": "1"}}, reference)  # type: ignore[arg-type]
