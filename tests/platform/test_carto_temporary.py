"""What the API server cannot do for a moment is no refusal of a template: the pass is tried again."""

from __future__ import annotations

import pytest

from pkgops.kube import ApiError
from pkgops.platform.carto.stamper import ListRefused, Rejected, Stamper

PATH = "/api/v1/namespaces/default/configmaps"
BUSY = {"reason": "Timeout", "message": "Timeout: request did not complete within requested timeout"}
NO = {"reason": "Forbidden", "message": "configmaps is forbidden"}


def rendering() -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one", "namespace": "default"}}


@pytest.mark.parametrize(("method", "path"), [("GET", f"{PATH}/one"), ("POST", PATH)])
def test_applying(api, client, method, path):
    api.answer_next(method, path, 504, BUSY, {})
    with pytest.raises(ApiError):
        Stamper(client).apply(rendering())
    api.answer_next(method, path, 403, NO, {})
    with pytest.raises(Rejected):
        Stamper(client).apply(rendering())


def test_patching(api, client):
    api.put("one", {})
    wanted = {**rendering(), "data": {"a": "b"}}
    api.answer_next("PATCH", f"{PATH}/one", 500, BUSY, {})
    with pytest.raises(ApiError):
        Stamper(client).apply(wanted)
    api.answer_next("PATCH", f"{PATH}/one", 422, {"reason": "Invalid", "message": "is invalid: x"}, {})
    with pytest.raises(Rejected):
        Stamper(client).apply(wanted)


def test_listing(api, client):
    api.answer_next("GET", PATH, 503, BUSY, {})
    with pytest.raises(ApiError):
        Stamper(client).list(rendering(), {})
    api.answer_next("GET", PATH, 403, NO, {})
    with pytest.raises(ListRefused):
        Stamper(client).list(rendering(), {})
