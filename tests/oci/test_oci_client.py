import io
import socket

import pytest
from fake_registry import PASSWORD, USER, FakeRegistry
from urllib3.exceptions import HTTPError

from pkgops.errors import Exit
from pkgops.oci import (
    Credentials,
    Descriptor,
    DockerConfig,
    ImageRef,
    NotFound,
    RegistryClient,
    RegistryError,
    RegistryUnauthorized,
    RegistryUnreachable,
)
from pkgops.oci.errors import BadContent, answer_error
from pkgops.oci.media import DOCKER_MANIFEST, Manifest
from pkgops.oci.session import unreachable

CONTENT = b"x" * 3000
BLOB = Descriptor.of("application/octet-stream", CONTENT)


def known_to(registry: FakeRegistry, password: str = PASSWORD) -> RegistryClient:
    return RegistryClient(DockerConfig({registry.host: Credentials(USER, password)}), timeout=5)


@pytest.mark.parametrize("chunk", [0, 1000, 1024])
def test_a_blob_comes_back_as_it_was_sent(ref: ImageRef, client: RegistryClient, chunk: int) -> None:
    client.upload(ref, BLOB, lambda: io.BytesIO(CONTENT), chunk=chunk)
    assert client.has_blob(ref, BLOB.digest)
    assert client.blob(ref, BLOB.digest) == CONTENT


def test_chunks_are_sent_one_by_one(registry: FakeRegistry, ref: ImageRef, client: RegistryClient) -> None:
    client.upload(ref, BLOB, lambda: io.BytesIO(CONTENT), chunk=1000)
    assert registry.count("PATCH", "/uploads/") == 3


def test_a_blob_of_another_repository_is_mounted(
    registry: FakeRegistry, ref: ImageRef, client: RegistryClient
) -> None:
    client.upload(ref, BLOB, lambda: io.BytesIO(CONTENT))
    other = ImageRef(registry.host, "demo/other")
    assert client.mount(other, BLOB.digest, "demo/app") == ""
    assert client.blob(other, BLOB.digest) == CONTENT
    assert client.mount(other, "sha256:" + "0" * 64, "demo/app").startswith("http://")


def test_a_damaged_blob_is_not_taken(registry: FakeRegistry, ref: ImageRef, client: RegistryClient) -> None:
    client.upload(ref, BLOB, lambda: io.BytesIO(CONTENT))
    registry.corrupt = True
    with pytest.raises(BadContent, match="corrupt"):
        client.blob(ref, BLOB.digest)


def test_a_manifest_is_found_by_tag_and_digest(ref: ImageRef, client: RegistryClient) -> None:
    manifest = Manifest(DOCKER_MANIFEST, b"{}")
    assert not client.exists(ref)
    digest = client.put_manifest(ref, manifest)
    assert client.digest(ref) == digest == manifest.digest
    assert client.manifest(ref.at(digest)) == manifest
    client.delete_manifest(ref)
    assert not client.exists(ref.at(digest))


def test_a_manifest_must_have_the_digest_that_was_asked_for(
    registry: FakeRegistry, ref: ImageRef, client: RegistryClient
) -> None:
    wanted = "sha256:" + "0" * 64
    registry.manifests["demo/app"][wanted] = (DOCKER_MANIFEST, b"{}")
    with pytest.raises(BadContent, match="the registry sent"):
        client.manifest(ref.at(wanted))


def test_all_pages_of_tags_are_read(registry: FakeRegistry, ref: ImageRef, client: RegistryClient) -> None:
    registry.page = 2
    for number in range(5):
        client.put_manifest(ref.tagged(f"v{number}"), Manifest(DOCKER_MANIFEST, b"{}"))
    assert client.tags(ref) == ["v0", "v1", "v2", "v3", "v4"]
    assert registry.count("GET", "/tags/list") == 3


@pytest.mark.parametrize("auth", ["basic", "token"])
def test_credentials_are_given_when_asked_for(registry: FakeRegistry, ref: ImageRef, auth: str) -> None:
    registry.auth = auth
    client = known_to(registry)
    client.upload(ref, BLOB, lambda: io.BytesIO(CONTENT))
    client.put_manifest(ref, Manifest(DOCKER_MANIFEST, b"{}"))
    assert client.tags(ref) == ["v1"]
    assert client.tags(ref) == ["v1"]
    # One token for reading and one for writing; nothing is asked for twice.
    assert registry.count("GET", "/token") == (2 if auth == "token" else 0)


@pytest.mark.parametrize("auth", ["basic", "token"])
@pytest.mark.parametrize("password", ["", "wrong"])
def test_refused_credentials_are_an_error_of_their_own(
    registry: FakeRegistry, ref: ImageRef, auth: str, password: str
) -> None:
    registry.auth = auth
    client = known_to(registry, password) if password else RegistryClient(timeout=5)
    with pytest.raises(RegistryUnauthorized) as caught:
        client.check_push(ref)
    assert caught.value.exit_code == Exit.UNREACHABLE
    assert caught.value.codes == ("UNAUTHORIZED",)
    assert "wrong" not in caught.value.what


def test_what_is_not_there_is_said_in_go_containerregistrys_words(
    registry: FakeRegistry, ref: ImageRef, client: RegistryClient
) -> None:
    with pytest.raises(NotFound) as caught:
        client.tags(ref)
    url = f"http://{registry.host}/v2/demo/app/tags/list?n=1000"
    message = "NAME_UNKNOWN: repository name not known to registry; map[name:demo/app]"
    assert caught.value.detail == f"GET {url}: {message}"
    with pytest.raises(NotFound, match="MANIFEST_UNKNOWN"):
        client.digest(ref)


def test_no_answer_is_an_error_of_its_own(client: RegistryClient) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        ref = ImageRef.parse(f"127.0.0.1:{unused.getsockname()[1]}/app:v1")
        with pytest.raises(RegistryUnreachable) as caught:
            client.digest(ref)
    assert caught.value.exit_code == Exit.UNREACHABLE
    assert "refused" in caught.value.what
    assert "object at 0x" not in caught.value.what


def test_a_registry_that_is_slow_to_take_what_it_is_sent_is_waited_for(
    registry: FakeRegistry, ref: ImageRef
) -> None:
    """More than the buffers between the two hold, so that the sender has to wait as well."""
    registry.busy_seconds = 1.0
    content = bytes(32 << 20)
    blob = Descriptor.of("application/octet-stream", content)
    client = RegistryClient(timeout=0.3)
    client.upload(ref, blob, lambda: io.BytesIO(content))
    assert registry.blobs["demo/app"][blob.digest] == content


def test_a_registrys_record_of_an_upload_is_not_shown() -> None:
    error = HTTPError("timed out")
    shown = unreachable("PUT", "http://r/v2/app/blobs/uploads/1?_state=c2VjcmV0&digest=sha256:1", error)
    assert shown.what == "PUT http://r/v2/app/blobs/uploads/1: timed out"


def test_checking_for_push_leaves_nothing(
    registry: FakeRegistry, ref: ImageRef, client: RegistryClient
) -> None:
    client.check_push(ref)
    assert registry.uploads == {}


def test_an_answer_without_json_is_still_an_error() -> None:
    error = answer_error("GET", "http://r/v2/", 503, b"<html>")
    assert type(error) is RegistryError
    assert error.what == "GET http://r/v2/: unexpected status code 503"
