import json

import pytest
from fake_registry import FakeRegistry

from pkgops.oci import ImageRef, NotFound, RegistryClient, read_image, write_image
from pkgops.oci.errors import BadContent
from pkgops.oci.image import Image, copy_image, empty_image
from pkgops.oci.layers import memory_layer, regular
from pkgops.oci.media import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, Manifest


def layer(text: str) -> object:
    return memory_layer([regular("file", text.encode())])


def base(text: str = "base") -> Image:
    return empty_image(Env=["A=1"]).append([layer(text)], "base")


def test_an_image_comes_back_as_it_was_written(ref: ImageRef, client: RegistryClient) -> None:
    image = base().labelled({"b": "2", "a": "1"})
    assert write_image(client, image, [ref]) == image.digest
    found = read_image(client, ref)
    assert found.digest == image.digest
    assert found.labels == {"a": "1", "b": "2"}
    assert [(one.blob.digest, one.diff_id) for one in found.layers] == [
        (one.blob.digest, one.diff_id) for one in image.layers
    ]


def test_layers_that_are_there_are_not_sent_again(
    registry: FakeRegistry, ref: ImageRef, client: RegistryClient
) -> None:
    write_image(client, base(), [ref])
    sent = registry.count("PUT", "/blobs/")
    write_image(client, base().append([layer("more")]), [ref.tagged("v2")])
    assert registry.count("PUT", "/blobs/") - sent == 2  # the new layer and the configuration


def test_layers_of_a_pulled_image_are_mounted(
    registry: FakeRegistry, ref: ImageRef, client: RegistryClient
) -> None:
    write_image(client, base(), [ref])
    before = registry.count("PUT", "/blobs/")
    other = ImageRef(registry.host, "demo/other", "v1")
    write_image(client, read_image(client, ref).labelled({"x": "y"}), [other])
    assert registry.count("PUT", "/blobs/") - before == 1  # the configuration only
    assert read_image(client, other).layers[0].open().read() == base().layers[0].open().read()


def test_layers_go_from_one_registry_to_another(ref: ImageRef, client: RegistryClient) -> None:
    second = FakeRegistry()
    try:
        write_image(client, base(), [ref])
        target = ImageRef(second.host, "x/y", "v1")
        assert copy_image(client, ref, [target]) == base().digest
        assert read_image(client, target).digest == base().digest
    finally:
        second.close()


def test_the_history_has_an_entry_a_layer() -> None:
    image = base().append([layer("one"), layer("two")], "more")
    assert [entry["created_by"] for entry in image.config["history"]] == ["base", "more", "more"]


def test_rebasing_exchanges_the_lower_layers_only() -> None:
    app = base("old").append([layer("app")], "app").configured(Cmd=["run"])
    moved = app.rebased(base("old"), base("new"))
    assert [one.diff_id for one in moved.layers] == [layer("new").diff_id, layer("app").diff_id]
    assert moved.config["config"]["Cmd"] == ["run"]
    assert [entry["created_by"] for entry in moved.config["history"]] == ["base", "app"]
    with pytest.raises(BadContent):
        app.rebased(base("other"), base("new"))


def test_the_manifest_has_the_fields_of_the_specification() -> None:
    document = json.loads(base().manifest().content)
    assert document["schemaVersion"] == 2
    assert document["mediaType"] == DOCKER_MANIFEST
    assert document["config"]["mediaType"] == "application/vnd.docker.container.image.v1+json"
    assert document["config"]["size"] == len(base().config_bytes())
    assert document["layers"][0]["mediaType"] == "application/vnd.docker.image.rootfs.diff.tar.gzip"
    oci = json.loads(Image(base().config, base().layers, OCI_MANIFEST).manifest().content)
    assert oci["config"]["mediaType"] == "application/vnd.oci.image.config.v1+json"


def index(*entries: tuple[str, str]) -> Manifest:
    manifests = [
        {
            "mediaType": DOCKER_MANIFEST,
            "size": 1,
            "digest": digest,
            "platform": {"os": "linux", "architecture": arch},
        }
        for arch, digest in entries
    ]
    return Manifest(OCI_INDEX, json.dumps({"schemaVersion": 2, "manifests": manifests}).encode())


def test_of_an_index_the_image_for_this_architecture_is_read(ref: ImageRef, client: RegistryClient) -> None:
    write_image(client, base("arm"), [ref.tagged("arm")])
    write_image(client, base("amd"), [ref.tagged("amd")])
    client.put_manifest(ref, index(("arm64", base("arm").digest), ("amd64", base("amd").digest)))
    assert read_image(client, ref).layers[0].diff_id == layer("amd").diff_id
    other = ImageRef(ref.registry, "demo/copy", "v1")
    assert copy_image(client, ref, [other]) == client.digest(ref)
    assert read_image(client, other).layers[0].diff_id == layer("amd").diff_id
    client.put_manifest(ref, index(("arm64", base("arm").digest)))
    with pytest.raises(NotFound, match="linux/amd64"):
        read_image(client, ref)


@pytest.mark.parametrize("content", [b"nonsense", b"[]"])
def test_a_manifest_that_is_none_is_an_error(ref: ImageRef, client: RegistryClient, content: bytes) -> None:
    client.put_manifest(ref, Manifest(DOCKER_MANIFEST, content))
    with pytest.raises(BadContent):
        read_image(client, ref)
