"""kubectl makes of every form of kubeconfig the request that pkgops is held to."""

from __future__ import annotations

import gateway
import pytest
from kubeconfig_forms import FORMS, expected, observe

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("forms")


@pytest.fixture(scope="module")
def servers(folder):
    with gateway.running(folder) as found:
        yield found


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_form(kubectl_program, servers, folder, form):
    seen = observe(form, servers, folder, [str(kubectl_program), "get", "--raw", "/version"])
    assert seen == expected(form, servers, folder)
