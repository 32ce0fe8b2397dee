"""Every form of kubeconfig makes the request that kubectl makes (which a cluster test holds it to)."""

from __future__ import annotations

import sys

import gateway
import pytest
from kubeconfig_forms import FORMS, expected, observe

ASK = "from pkgops.kube import connect; print(connect().version())"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("forms")


@pytest.fixture(scope="module")
def servers(folder):
    with gateway.running(folder) as found:
        yield found


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_form(servers, folder, form):
    assert observe(form, servers, folder, [sys.executable, "-c", ASK]) == expected(form, servers, folder)
