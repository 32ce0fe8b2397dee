"""The checks that hold the unit tests' API server, on the real one: what the flows are tested on is true."""

from __future__ import annotations

import secrets

import pytest
from api_contract import CHECKS

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def space(kubectl):
    name = f"t-api-{secrets.token_hex(3)}"
    kubectl("create", "namespace", name)
    kubectl("-n", name, "wait", "--for=create", "serviceaccount/default", "--timeout=60s")
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_as_the_unit_tests_api_server(check, local_client, space):
    check(local_client, space)
