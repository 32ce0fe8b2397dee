"""The format of imgpkg, field by field: what the real one pulls, and what it would refuse."""

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest
from fake_registry import FakeRegistry

from pkgops.oci import ImageRef, RegistryClient, read_image, write_image
from pkgops.oci.bundle import (
    BadBundle,
    build_image,
    bundle_lock,
    locations_ref,
    pull_bundle,
    pull_image,
    push,
)
from pkgops.oci.image import empty_image
from pkgops.oci.imgpkg.copying import copy_to_repo
from pkgops.oci.locks import BadLock, ImagesLock, LockedImage
from pkgops.oci.media import DOCKER_LAYER, DOCKER_MANIFEST

LOCK = "---\napiVersion: imgpkg.carvel.dev/v1alpha1\nkind: ImagesLock\n"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    (folder / ".imgpkg").mkdir(parents=True)
    (folder / ".imgpkg" / "images.yml").write_text(LOCK)
    (folder / "config").mkdir()
    (folder / "config" / "app.yml").write_text("kind: App\n")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref")
    return folder


def lock_of(folder: Path, *images: ImageRef) -> None:
    lock = ImagesLock(tuple(LockedImage(str(image), {"kbld.carvel.dev/id": "x"}) for image in images))
    (folder / ".imgpkg" / "images.yml").write_text(lock.dump())


def test_a_bundle_has_the_format_of_imgpkg(content: Path) -> None:
    image = build_image([content], bundle=True)
    assert image.manifest_type == DOCKER_MANIFEST
    assert [layer.blob.media_type for layer in image.layers] == [DOCKER_LAYER]
    config = json.loads(image.config_bytes())
    assert config["config"] == {"Labels": {"dev.carvel.imgpkg.bundle": "true"}}
    zero = "0001-01-01T00:00:00Z"
    assert config["history"] == [{"author": "imgpkg", "created": zero, "created_by": "imgpkg"}]
    assert config["created"] == zero
    assert (config["architecture"], config["os"]) == ("", "")


def test_the_layers_entries_are_imgpkgs(content: Path) -> None:
    blob = build_image([content], bundle=True).layers[0].open().read()
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(blob))) as tar:
        members = tar.getmembers()
    expected = [".", ".imgpkg", ".imgpkg/images.yml", "config", "config/app.yml", "run.sh"]
    assert [member.name for member in members] == expected
    modes = {member.name: oct(member.mode) for member in members}
    assert modes["."] == modes["config"] == "0o700"
    assert modes["config/app.yml"] == "0o600"
    assert modes["run.sh"] == "0o700"
    assert {(member.mtime, member.uid, member.gid, member.uname) for member in members} == {(0, 0, 0, "")}


def test_the_digest_depends_on_the_content_alone(content: Path) -> None:
    first = build_image([content], bundle=True).digest
    (content / "config" / "app.yml").touch()
    (content / ".git" / "HEAD").write_text("another")
    assert build_image([content], bundle=True).digest == first
    (content / "config" / "app.yml").write_text("kind: Other\n")
    assert build_image([content], bundle=True).digest != first


def test_lines_are_told_as_imgpkg_does(content: Path) -> None:
    said: list[str] = []
    build_image([content], bundle=True, on_line=said.append)
    assert said[:3] == ["dir: .", "dir: .imgpkg", "file: .imgpkg/images.yml"]
    assert said[-1] == "file: run.sh"


def test_a_plain_image_has_no_label(content: Path) -> None:
    image = build_image([content / "config", content / "run.sh"], bundle=False)
    assert json.loads(image.config_bytes())["config"] == {}
    with tarfile.open(fileobj=image.layers[0].open()) as tar:
        assert tar.getnames() == [".", "app.yml", "run.sh"]


def test_every_push_writes_two_tags(ref: ImageRef, client: RegistryClient, content: Path) -> None:
    pushed = push(client, ref, build_image([content], bundle=True))
    assert client.tags(ref) == sorted([f"{pushed.digest.replace(':', '-')}.imgpkg", "v1"])
    untagged = ImageRef(ref.registry, "demo/other")
    push(client, untagged, build_image([content], bundle=True))
    assert "latest" in client.tags(untagged)


def test_the_bundle_lock_has_exactly_one_line_with_the_image(ref: ImageRef) -> None:
    pushed = ref.at("sha256:" + "a" * 64)
    text = bundle_lock(ref, pushed).dump()
    assert text == (
        "---\napiVersion: imgpkg.carvel.dev/v1alpha1\nbundle:\n"
        f"  image: {pushed}\n  tag: v1\nkind: BundleLock\n"
    )
    assert sum("image: " in line for line in text.splitlines()) == 1


def test_a_bundle_is_pulled_as_it_was_pushed(
    ref: ImageRef, client: RegistryClient, content: Path, tmp_path: Path
) -> None:
    pushed = push(client, ref, build_image([content], bundle=True))
    dest = tmp_path / "out"
    dest.mkdir()
    (dest / "old").touch()
    pulled = pull_bundle(client, ref, dest)
    assert pulled.ref == pushed
    assert sorted(path.name for path in dest.iterdir()) == [".imgpkg", "config", "run.sh"]
    assert (dest / "config" / "app.yml").read_text() == "kind: App\n"


def app_image(client: RegistryClient, registry: FakeRegistry, repository: str) -> ImageRef:
    ref = ImageRef(registry.host, repository, "v1")
    return ref.at(write_image(client, empty_image(Cmd=[repository]), [ref]))


def test_the_lock_stays_when_the_images_are_elsewhere(
    registry: FakeRegistry, ref: ImageRef, client: RegistryClient, content: Path, tmp_path: Path
) -> None:
    app = app_image(client, registry, "demo/web")
    lock_of(content, app)
    push(client, ref, build_image([content], bundle=True))
    said: list[str] = []
    pulled = pull_bundle(client, ref, tmp_path / "out", said.append)
    assert not pulled.relocated
    assert pulled.lock.images[0].image == str(app)
    assert "One or more images not found in bundle repo; skipping lock file update" in said


def test_the_lock_follows_when_everything_was_copied(
    registry: FakeRegistry, ref: ImageRef, client: RegistryClient, content: Path, tmp_path: Path
) -> None:
    app = app_image(client, registry, "demo/web")
    lock_of(content, app)
    pushed = push(client, ref, build_image([content], bundle=True))
    target = ImageRef(registry.host, "prod/all")
    text = copy_to_repo(client, ref, target, True, lambda _: None)
    assert f"image: {target.name}@{pushed.digest}" in text
    assert client.exists(locations_ref(target.at(pushed.digest)))
    pulled = pull_bundle(client, target.at(pushed.digest), tmp_path / "out")
    assert pulled.relocated
    assert pulled.lock.images[0].image == str(target.at(app.digest))
    assert ImagesLock.parse((tmp_path / "out/.imgpkg/images.yml").read_text(), "x") == pulled.lock
    assert read_image(client, target.at(app.digest)).config["config"] == {"Cmd": ["demo/web"]}


def test_nested_bundles_are_copied_with_what_they_refer_to(
    registry: FakeRegistry, ref: ImageRef, client: RegistryClient, content: Path
) -> None:
    app = app_image(client, registry, "demo/web")
    lock_of(content, app)
    ops = push(client, ref, build_image([content], bundle=True))
    lock_of(content, ops)
    package = ImageRef(registry.host, "demo/package", "v1")
    push(client, package, build_image([content], bundle=True))
    target = ImageRef(registry.host, "prod/all")
    copy_to_repo(client, package, target, True, lambda _: None)
    assert client.exists(target.at(ops.digest))
    assert client.exists(target.at(app.digest))


def test_bundles_and_images_are_not_mixed_up(
    ref: ImageRef, client: RegistryClient, content: Path, tmp_path: Path
) -> None:
    push(client, ref, build_image([content], bundle=True))
    plain = ref.tagged("plain")
    push(client, plain, build_image([content / "config"], bundle=False))
    with pytest.raises(BadBundle, match=r"Did you use -i instead of -b\?"):
        pull_bundle(client, plain, tmp_path / "out")
    with pytest.raises(BadBundle, match="Use -b instead of -i"):
        pull_image(client, ref, tmp_path / "out")
    pull_image(client, plain, tmp_path / "out")
    assert (tmp_path / "out" / "app.yml").exists()


def test_what_imgpkg_refuses_is_refused(content: Path) -> None:
    with pytest.raises(BadBundle, match="consider using --bundle"):
        build_image([content], bundle=False)
    with pytest.raises(BadBundle, match=r"It is missing .imgpkg/images.yml"):
        build_image([content / "config"], bundle=True)
    with pytest.raises(BadBundle, match="no such file"):
        build_image([content / "nothing"], bundle=True)
    (content / "link").symlink_to("run.sh")
    with pytest.raises(BadBundle, match="to be a regular file"):
        build_image([content], bundle=True)


@pytest.mark.parametrize("dest", ["/", "."])
def test_no_folder_of_value_is_emptied(
    ref: ImageRef, client: RegistryClient, content: Path, dest: str
) -> None:
    push(client, ref, build_image([content], bundle=True))
    with pytest.raises(BadBundle, match="accidental deletion"):
        pull_bundle(client, ref, Path(dest))


@pytest.mark.parametrize(
    "text",
    [
        "kind: ImagesLock",
        LOCK + "extra: 1\n",
        LOCK + "images: [{image: r.io/app:v1}]\n",
        LOCK + "images: [{image: 'r.io/app@sha256:" + "a" * 64 + "', more: 1}]\n",
        LOCK.replace("ImagesLock", "BundleLock"),
        "[]",
    ],
)
def test_a_lock_is_read_strictly(text: str) -> None:
    with pytest.raises(BadLock):
        ImagesLock.parse(text, "images.yml")


def test_a_lock_is_written_as_imgpkg_does() -> None:
    digest = "r.io/app@sha256:" + "a" * 64
    origins = "- resolved:\n    tag: v1\n    url: r.io/app:v1\n"
    annotations = {"kbld.carvel.dev/origins": origins, "kbld.carvel.dev/id": "r.io/app:v1"}
    text = ImagesLock((LockedImage(digest, annotations),)).dump()
    assert text == (
        "---\napiVersion: imgpkg.carvel.dev/v1alpha1\nimages:\n- annotations:\n"
        "    kbld.carvel.dev/id: r.io/app:v1\n    kbld.carvel.dev/origins: |\n"
        "      - resolved:\n          tag: v1\n          url: r.io/app:v1\n"
        f"  image: {digest}\nkind: ImagesLock\n"
    )
    assert ImagesLock.parse(text, "x").images[0].annotations == annotations
    assert "images" not in ImagesLock().dump().replace("ImagesLock", "")
