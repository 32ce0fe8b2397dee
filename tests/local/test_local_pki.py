import datetime as dt
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from pkgops import certificates
from pkgops.local import pki
from pkgops.local.instance import Instance

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


@pytest.fixture
def instance(tmp_path):
    return Instance("one", 3, tmp_path)


def load(instance, name):
    return x509.load_pem_x509_certificate((instance.pki / f"{name}.crt").read_bytes())


def test_every_certificate_is_signed_by_the_authority(instance):
    assert pki.ensure(instance, NOW)
    authority = load(instance, "ca")
    for leaf in pki.leaves(instance):
        found = load(instance, leaf.file)
        found.verify_directly_issued_by(authority)
        assert isinstance(found.public_key(), ec.EllipticCurvePublicKey)


def test_the_api_server_is_known_by_all_its_names(instance):
    pki.ensure(instance, NOW)
    names = load(instance, "apiserver").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    found = {str(name.value) for name in names}
    assert {"127.0.0.1", "10.244.3.1", "10.96.0.1", "kubernetes.default.svc.cluster.local"} <= found


def test_users_and_groups(instance):
    pki.ensure(instance, NOW)
    assert load(instance, "kubelet").subject.rfc4514_string() == "CN=system:node:one,O=system:nodes"
    assert load(instance, "admin").subject.rfc4514_string() == "CN=pkgops-admin,O=system:masters"


def test_keys_are_private(instance):
    pki.ensure(instance, NOW)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in instance.pki.iterdir()}
    assert set(modes.values()) == {0o600}


def contents(instance):
    return {path.name: path.read_bytes() for path in instance.pki.iterdir()}


def test_nothing_is_issued_twice(instance):
    pki.ensure(instance, NOW)
    before = contents(instance)
    assert not pki.ensure(instance, NOW + dt.timedelta(days=30))
    assert contents(instance) == before


def test_what_ends_soon_is_issued_again_and_accounts_stay_valid(instance):
    pki.ensure(instance, NOW)
    before = contents(instance)
    assert pki.ensure(instance, NOW + certificates.LIFE - dt.timedelta(days=10))
    after = contents(instance)
    assert {name for name in after if after[name] == before[name]} == {"sa.key", "sa.pub"}


def test_another_address_means_another_server_certificate(instance, tmp_path):
    pki.ensure(instance, NOW)
    before = contents(instance)
    moved = Instance("one", 4, Path(tmp_path))
    assert pki.ensure(moved, NOW)
    after = contents(moved)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"apiserver.crt", "apiserver.key", "kubelet-server.crt", "kubelet-server.key"}


def test_a_damaged_certificate_is_issued_again(instance):
    pki.ensure(instance, NOW)
    (instance.pki / "admin.crt").write_text("-----BEGIN NONSENSE-----")
    assert pki.ensure(instance, NOW)
    load(instance, "admin").verify_directly_issued_by(load(instance, "ca"))
