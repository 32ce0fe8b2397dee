import datetime as dt
import ssl

import pytest

from pkgops import certificates

NOW = dt.datetime.now(dt.UTC)
HOST = "10.244.0.1"


def files(folder, issued):
    (folder / "c.crt").write_bytes(issued.certificate_pem)
    (folder / "c.key").write_bytes(issued.key_pem)
    return folder / "c.crt", folder / "c.key"


def shake_hands(server, trusted, host=HOST):
    """Let both sides of a TLS connection talk until neither has anything to say."""
    one, other = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context(cadata=trusted.certificate_pem.decode())
    sides = [
        client.wrap_bio(one, other, server_hostname=host),
        server.wrap_bio(other, one, server_side=True),
    ]
    for _ in range(4):
        for side in list(sides):
            try:
                side.do_handshake()
                sides.remove(side)
            except ssl.SSLWantReadError:
                continue
    assert not sides, "the handshake came to no end"


def serve(folder, issued):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files(folder, issued))
    return context


def test_a_server_is_believed_by_whoever_trusts_its_authority(tmp_path):
    authority = certificates.issue_authority("ours", NOW)
    server = serve(tmp_path, certificates.issue(authority, "server", (), (HOST, "localhost"), NOW))
    shake_hands(server, authority)
    shake_hands(server, authority, "localhost")
    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        shake_hands(server, authority, "10.0.0.9")
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
        shake_hands(server, certificates.issue_authority("theirs", NOW))


def test_an_authority_with_hosts_serves_by_itself(tmp_path):
    alone = certificates.issue_authority("alone", NOW, (HOST,))
    shake_hands(serve(tmp_path, alone), alone)


def test_what_was_issued_can_be_loaded_and_sign_again(tmp_path):
    authority = certificates.issue_authority("ours", NOW)
    again = certificates.load(authority.certificate_pem, authority.key_pem)
    shake_hands(serve(tmp_path, certificates.issue(again, "server", (), (HOST,), NOW)), authority)
    with pytest.raises(ValueError, match="curve"):
        certificates.load(authority.certificate_pem, certificates.issue_account_key()[0])


def test_it_is_valid_for_its_hosts_until_soon_before_its_end():
    pem = certificates.issue_authority("ours", NOW, (HOST,)).certificate_pem
    assert certificates.is_valid(pem, (HOST,), NOW)
    assert certificates.is_valid(pem, (), NOW)
    assert not certificates.is_valid(pem, ("10.0.0.9",), NOW)
    assert not certificates.is_valid(pem, (HOST,), NOW + certificates.LIFE - certificates.RENEW_BEFORE)
    assert not certificates.is_valid(pem, (HOST,), NOW - dt.timedelta(days=1))
    assert not certificates.is_valid(b"-----BEGIN NONSENSE-----", (), NOW)


def test_without_hosts_it_serves_nobody():
    pem = certificates.issue_authority("ours", NOW).certificate_pem
    assert not certificates.is_valid(pem, (HOST,), NOW)
