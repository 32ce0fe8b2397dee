import pytest

from pkgops.oci import BadReference, ImageRef
from pkgops.oci.reference import is_plain_http

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("busybox", "index.docker.io/library/busybox"),
        ("busybox:1", "index.docker.io/library/busybox:1"),
        ("docker.io/you/app:v1", "index.docker.io/you/app:v1"),
        ("you/app", "index.docker.io/you/app"),
        ("localhost/app:v1", "localhost/app:v1"),
        ("10.244.0.1:5000/demo/app", "10.244.0.1:5000/demo/app"),
        ("registry.example.com:443/a.b/cd:x@" + DIGEST, "registry.example.com:443/a.b/cd:x@" + DIGEST),
        ("[::1]:5000/app", "[::1]:5000/app"),
    ],
)
def test_references_are_written_out_in_full(text: str, printed: str) -> None:
    assert str(ImageRef.parse(text)) == printed


@pytest.mark.parametrize(
    "text",
    ["", "UPPER/app", "a//b", "app@sha256:12", "app@md5:" + "a" * 32, "app:-x", "re gistry.io/app"],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(BadReference):
        ImageRef.parse(text)


def test_an_empty_tag_is_latest() -> None:
    assert ImageRef.parse("app:").identifier == "latest"


def test_the_digest_decides_over_the_tag() -> None:
    ref = ImageRef.parse(f"a.b/cd:v1@{DIGEST}")
    assert ref.identifier == DIGEST
    assert str(ref.at(DIGEST)) == f"a.b/cd@{DIGEST}"
    assert ImageRef.parse("a.b/cd").identifier == "latest"


@pytest.mark.parametrize(
    ("registry", "plain"),
    [
        ("localhost:5000", True),
        ("127.0.0.1:5000", True),
        ("10.244.0.1:5000", True),
        ("172.20.1.1", True),
        ("192.168.0.9:80", True),
        ("[::1]:5000", True),
        ("registry.local:5000", True),
        ("11.0.0.1:5000", False),
        ("registry.example.com", False),
        ("index.docker.io", False),
    ],
)
def test_plain_http_is_for_near_registries_only(registry: str, plain: bool) -> None:
    assert is_plain_http(registry) is plain
