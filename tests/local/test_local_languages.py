"""What a language gets when it is first used: layers on the base, the machine's registries, a builder."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from pkgops.local import languages
from pkgops.local.golang import Go
from pkgops.local.images import Sources, ensure_images
from pkgops.local.images import build as building
from pkgops.local.images.languages import IMAGES, STACKS, image_names
from pkgops.local.images.recipe import ImageRecipe, LayerRecipe
from pkgops.local.images.surroundings import npmrc, pip_conf, proxies
from pkgops.local.objects import LANGUAGES, builder_name
from pkgops.oci.layers import regular
from pkgops.platform.kpack.builderrules import cluster_builder_problems, stack_problems, store_problems

DIGEST = f"sha256:{'1' * 64}"


def test_every_language_has_its_images_and_a_builder() -> None:
    assert set(STACKS) == set(LANGUAGES)
    for language in LANGUAGES:
        names = image_names(language)
        assert set(names) <= set(IMAGES)
        found = languages.objects(language, {name: f"r.io/{name}@{DIGEST}" for name in names}, "r.io")
        stack, store, builder = found
        assert stack_problems(stack) + store_problems(store) + cluster_builder_problems(builder) == []
        assert {one["metadata"]["name"] for one in found} == {builder_name(language)}
        assert stack["spec"]["runImage"]["image"] == f"r.io/run-{language}@{DIGEST}"
        assert store["spec"]["sources"] == [{"image": f"r.io/buildpack-{language}@{DIGEST}"}]
        assert builder["spec"]["order"] == [{"group": [{"id": f"pkgops/{language}"}]}]
    assert builder_name("golang") == "builder"
    assert image_names("golang") == ()


def test_a_layer_that_is_made_from_another_is_made_again_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = {"base": b"one"}
    seen: list[bytes] = []

    def upper(work: Path, *_: object) -> list[object]:
        seen.append((work / "base").read_bytes())
        return [regular("upper", seen[-1])]

    layers = {
        "base": LayerRecipe(lambda _: str(content["base"]), lambda *_: [regular("base", content["base"])]),
        "upper": LayerRecipe(lambda _: "same", upper, on="base"),  # type: ignore[arg-type]
        "top": LayerRecipe(
            lambda _: "same",
            lambda work, *_: [regular("top", (work / "base").read_bytes() + (work / "upper").read_bytes())],
            on="upper",
        ),
    }
    monkeypatch.setattr(building, "LAYERS", layers)
    monkeypatch.setattr(building, "ALL_IMAGES", {"both": ImageRecipe(("base", "upper", "top"))})
    sources = Sources(Go(Path("/none/go"), "go1.26.0", Path("/none")))
    for text in (b"one", b"one", b"two"):
        content["base"] = text
        (built,) = ensure_images(tmp_path, lambda _: None, sources, ("both",))
        with built.image.layers[1].open() as blob, tarfile.open(fileobj=blob) as tar:
            opened = tar.extractfile("upper")
            assert opened is not None
            assert opened.read() == text
        with built.image.layers[2].open() as blob, tarfile.open(fileobj=blob) as tar:
            opened = tar.extractfile("top")
            assert opened is not None
            assert opened.read() == text + text
    assert seen == [b"one", b"two"]


def test_pods_have_packages_from_where_the_machine_has_them() -> None:
    text = pip_conf(
        {"PIP_INDEX_URL": "https://pip.example/simple"},
        [
            "[global]\nindex-url = https://other.example\ntimeout = 60\nfind-links = /opt/wheels\n",
            "[install]\nretries=9\n",
        ],
    )
    assert "index-url = https://pip.example/simple\n" in text
    assert "timeout = 60\n" in text
    assert "retries = 9\n" in text
    assert "wheels" not in text
    assert "index-url" not in pip_conf({}, [])


def test_npm_s_configuration_goes_along_without_tokens() -> None:
    text = npmrc(
        {"NPM_CONFIG_REGISTRY": "https://npm.example/"},
        [
            "registry=https://other.example\n@shop:registry=https://shop.example\n//npm.example/:_authToken=secret\n"
        ],
    )
    assert "registry=https://npm.example/\n" in text
    assert "@shop:registry=https://shop.example\n" in text
    assert "secret" not in text


def test_pods_go_through_the_machine_s_proxies_in_both_spellings() -> None:
    assert proxies({"https_proxy": "http://p:3128"}) == [
        "HTTPS_PROXY=http://p:3128",
        "https_proxy=http://p:3128",
    ]
    assert proxies({}) == []
