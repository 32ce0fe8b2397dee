"""What Java is told of this machine: the authorities that it trusts, Maven's mirrors and proxies."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import struct
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from pkgops import certificates
from pkgops.errors import PreflightError
from pkgops.local.images.surroundings_java import describe_maven, java_keystore, maven_settings

MIRROR = """<?xml version="1.0"?>
<settings xmlns="http://maven.apache.org/SETTINGS/1.0.0">
  <servers><server><id>shop</id><password>hush</password></server></servers>
  <mirrors><mirror><id>shop</id><mirrorOf>*</mirrorOf><url>https://maven.example/all</url></mirror></mirrors>
</settings>
"""
PROXY = "<settings><proxies><proxy><host>from-file</host></proxy></proxies></settings>"


def read(store: bytes) -> list[bytes]:
    """Return the certificates of a store, read as Java reads it: every field by its length, then the seal."""
    body, seal = store[:-20], store[-20:]
    assert seal == hashlib.sha1("changeit".encode("utf-16-be") + b"Mighty Aphrodite" + body).digest()
    magic, version, count = struct.unpack_from(">III", body)
    assert (magic, version) == (0xFEEDFEED, 2)
    place, found, aliases = 12, [], set()
    for _ in range(count):
        tag, length = struct.unpack_from(">IH", body, place)
        assert tag == 2
        aliases.add(body[place + 6 : place + 6 + length])
        place += 6 + length + 8
        (length,) = struct.unpack_from(">H", body, place)
        assert body[place + 2 : place + 2 + length] == b"X.509"
        place += 2 + length
        (length,) = struct.unpack_from(">I", body, place)
        found.append(body[place + 4 : place + 4 + length])
        place += 4 + length
    assert place == len(body)
    assert len(aliases) == count
    return found


def test_java_trusts_whom_the_machine_trusts() -> None:
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    pems = [certificates.issue_authority(name, now).certificate_pem for name in ("one", "two")]
    ders = [base64.b64decode(b"".join(pem.splitlines()[1:-1])) for pem in pems]
    assert read(java_keystore(b"# one\n" + pems[0] + pems[1] + pems[0])) == ders
    assert read(java_keystore(b"")) == []


def test_maven_s_mirrors_go_along_without_passwords_of_servers(tmp_path: Path) -> None:
    (tmp_path / "settings.xml").write_text(MIRROR)
    text = maven_settings({}, (tmp_path / "settings.xml", tmp_path / "absent.xml"))
    found = ElementTree.fromstring(text)
    assert found.findtext("mirrors/mirror/url") == "https://maven.example/all"
    assert "hush" not in text


def test_maven_goes_through_the_environment_s_proxies_where_no_file_names_one(tmp_path: Path) -> None:
    environ = {
        "HTTPS_PROXY": "http://ada:s%40me@proxy.example:3128",
        "http_proxy": "http://plain.example",
        "NO_PROXY": "localhost, .example.com",
    }
    http, https = ElementTree.fromstring(maven_settings(environ, ())).findall("proxies/proxy")
    facts = {element.tag: element.text for element in https}
    assert (facts["protocol"], facts["host"], facts["port"]) == ("https", "proxy.example", "3128")
    assert (facts["username"], facts["password"]) == ("ada", "s@me")
    assert facts["nonProxyHosts"] == "localhost|*.example.com"
    assert (http.findtext("host"), http.findtext("port"), http.find("username")) == (
        "plain.example",
        "80",
        None,
    )
    (tmp_path / "settings.xml").write_text(PROXY)
    found = ElementTree.fromstring(maven_settings(environ, (tmp_path / "settings.xml",)))
    assert [one.findtext("host") for one in found.findall("proxies/proxy")] == ["from-file"]


def test_settings_that_are_no_xml_are_named(tmp_path: Path) -> None:
    (tmp_path / "settings.xml").write_text("<settings>")
    with pytest.raises(PreflightError) as told:
        maven_settings({}, (tmp_path / "settings.xml",))
    assert str(tmp_path / "settings.xml") in told.value.what


def test_other_settings_make_another_layer(tmp_path: Path) -> None:
    before = describe_maven({}, tmp_path)
    (tmp_path / ".m2").mkdir()
    (tmp_path / ".m2/settings.xml").write_text(MIRROR)
    changed = describe_maven({}, tmp_path)
    assert before != changed
    assert describe_maven({"https_proxy": "http://p:1"}, tmp_path) != changed
