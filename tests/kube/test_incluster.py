"""What a pod knows of its cluster."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pkgops import certificates
from pkgops.errors import PreflightError
from pkgops.kube import incluster

ENVIRON = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}


@pytest.fixture
def account(tmp_path):
    authority = certificates.issue_authority("cluster", datetime.now(UTC))
    (tmp_path / "ca.crt").write_bytes(authority.certificate_pem)
    (tmp_path / "token").write_text("first\n")
    return tmp_path


def test_the_token_is_read_again_each_time(account):
    found = incluster.endpoint(ENVIRON, account)
    assert (found.server, found.token()) == ("https://10.96.0.1:443", "first")
    (account / "token").write_text("second")
    assert found.token() == "second"


def test_an_address_of_version_6_is_written_as_one(account):
    assert incluster.endpoint({**ENVIRON, "KUBERNETES_SERVICE_HOST": "fd00::1"}, account).server == (
        "https://[fd00::1]:443"
    )


@pytest.mark.parametrize("name", ["token", "ca.crt"])
def test_what_is_missing_is_named(account, name):
    (account / name).unlink()
    with pytest.raises(PreflightError, match=name):
        incluster.endpoint(ENVIRON, account)
