"""The images of the languages other than Go, which are built when a language is first used.

Each has the same four: one that tests (``python``), the stack's (``build-python``, ``run-python``), and the
buildpack (``buildpack-python``). The first two have the same layers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from pkgops.local.images import debian, surroundings, surroundings_java
from pkgops.local.images.cnb import STACK_LABELS, buildpack, buildpack_labels, describe_buildpack
from pkgops.local.images.recipe import PATH, ImageRecipe, LayerRecipe, OnProgress
from pkgops.local.images.sources import Sources
from pkgops.local.images.store import content_key
from pkgops.oci.layers import Member
from pkgops.values import Value

ADDITIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "python": ("debian", ("python3-pip", "python3-venv")),
    "nodejs": ("debian", ("nodejs", "npm")),
    "jre": ("debian", ("default-jre-headless",)),
    "jdk-maven": ("jre", ("default-jdk-headless", "maven")),
}
"""Layers of Debian's packages: the layer below, and the packages."""


class Stack(Value):
    """The additional layers of a language: to test and build it, and to run it."""

    tools: tuple[str, ...] = ()
    run: tuple[str, ...] = ()


STACKS: dict[str, Stack] = {
    "python": Stack(tools=("python",)),
    "nodejs": Stack(tools=("nodejs",), run=("nodejs",)),
    "java-maven": Stack(tools=("jre", "jdk-maven", "truststore", "maven"), run=("jre", "truststore")),
    "any": Stack(),
    "static": Stack(),
}
"""By language, in addition to those of all: the base, certificates, registries."""

USER = f"{debian.USER_ID}:{debian.USER_ID}"


def image_names(language: str) -> tuple[str, ...]:
    """Return the names of a language's images; empty for any other language."""
    return (
        (language, f"build-{language}", f"run-{language}", f"buildpack-{language}")
        if language in STACKS
        else ()
    )


def _layers() -> dict[str, LayerRecipe]:
    layers = {
        "certificates": LayerRecipe(
            lambda _: content_key("1", surroundings.describe_certificates()),
            lambda *_: surroundings.certificates(),
        ),
        "registries": LayerRecipe(lambda _: _describe_registries(), lambda *_: _registries()),
        "truststore": LayerRecipe(
            lambda _: content_key("1", surroundings.describe_certificates()),
            lambda *_: surroundings_java.truststore(),
        ),
        "maven": LayerRecipe(
            lambda _: content_key("1", *surroundings_java.describe_maven(os.environ, Path.home())),
            lambda *_: surroundings_java.maven(os.environ, Path.home()),
        ),
    }
    layers |= {name: _packages_layer(*addition) for name, addition in ADDITIONS.items()}
    return layers | {f"buildpack-{language}": _buildpack_layer(language) for language in STACKS}


def _packages_layer(below: str, packages: tuple[str, ...]) -> LayerRecipe:
    return LayerRecipe(lambda _: debian.describe_addition(packages), partial(_packages, packages), on=below)


def _buildpack_layer(language: str) -> LayerRecipe:
    return LayerRecipe(lambda _: describe_buildpack(language), lambda *_: buildpack(language))


def _packages(
    packages: tuple[str, ...], work: Path, _sources: Sources, downloads: Path, on_progress: OnProgress
) -> Iterable[Member]:
    return debian.addition(work, downloads / "debs", packages, on_progress)


def _registries() -> Iterable[Member]:
    return surroundings.registries(os.environ, Path.home())


def _describe_registries() -> str:
    opened = ((header.name, opener) for header, opener in _registries() if opener)
    return content_key("1", *(part for name, opener in opened for part in (name, opener().read())))


def _images() -> dict[str, ImageRecipe]:
    environment = [f"PATH={PATH}", "NPM_CONFIG_GLOBALCONFIG=/etc/npmrc", *surroundings.proxies(os.environ)]
    found: dict[str, ImageRecipe] = {}
    for language, stack in STACKS.items():
        layers = ("debian", *stack.tools, "certificates", "registries")
        user = [f"CNB_USER_ID={debian.USER_ID}", f"CNB_GROUP_ID={debian.USER_ID}"]
        build = {"Env": [*environment, *user], "User": USER, "Labels": STACK_LABELS}
        run = {"Env": [f"PATH=/cnb/process:{PATH}"], "User": USER, "Labels": STACK_LABELS}
        found |= {
            language: ImageRecipe(layers, {"Env": environment, "Cmd": ["bash"]}),
            f"build-{language}": ImageRecipe((*layers, "programs", "home"), build),
            f"run-{language}": ImageRecipe(("debian", *stack.run, "certificates", "home"), run),
            f"buildpack-{language}": ImageRecipe(
                (f"buildpack-{language}",), labels=partial(buildpack_labels, name=language)
            ),
        }
    return found


LAYERS = _layers()
IMAGES = _images()
