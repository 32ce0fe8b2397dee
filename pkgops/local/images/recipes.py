"""The recipes of all layers and images."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pkgops import __version__
from pkgops.local.images import debian, golang, languages, programs, surroundings, surroundings_go
from pkgops.local.images.cnb import (
    STACK_LABELS,
    buildpack,
    buildpack_labels,
    describe_buildpack,
    home,
    lifecycle_labels,
    run_files,
)
from pkgops.local.images.recipe import PATH, ImageRecipe, LayerRecipe, OnProgress
from pkgops.local.images.sources import Sources, debian_mirror
from pkgops.local.images.store import content_key
from pkgops.oci.layers import Member, directory, regular

_GO_PATH = f"/usr/local/go/bin:/go/bin:{PATH}"
_GO_ENV = [
    f"PATH={_GO_PATH}", f"GOCACHE={golang.GOCACHE}", f"GOPATH={golang.GOPATH}", "GOTOOLCHAIN=local",
    "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false", *surroundings.proxies(os.environ),
]  # fmt: skip


def _debian(work: Path, sources: Sources, downloads: Path, on_progress: OnProgress) -> Iterable[Member]:
    return debian.members(work, downloads / "debs", sources.mirror or debian_mirror(), on_progress)


def _toolchain(_work: Path, sources: Sources, _downloads: Path, on_progress: OnProgress) -> Iterable[Member]:
    on_progress("packing the toolchain")
    return golang.toolchain(sources)


def _warm_cache(work: Path, sources: Sources, _downloads: Path, on_progress: OnProgress) -> Iterable[Member]:
    on_progress("compiling the standard library once for all pods")
    return golang.warm_cache(work, sources)


def _module_settings(_work: Path, sources: Sources, _downloads: Path, _say: OnProgress) -> Iterable[Member]:
    return surroundings_go.settings(os.environ, Path.home(), sources.goroot())


def _describe_module_settings(sources: Sources) -> str:
    variables = surroundings_go.persons(os.environ, Path.home())
    return content_key(
        "1", sources.go.version, *(part for pair in sorted(variables.items()) for part in pair)
    )


def _library(work: Path, _sources: Sources, _downloads: Path, _say: OnProgress) -> Iterable[Member]:
    return programs.library(work)


def _lifecycle(_work: Path, sources: Sources, _downloads: Path, _say: OnProgress) -> Iterable[Member]:
    yield from programs.phases(programs.PHASES)
    yield regular("cnb/lifecycle/launcher", sources.helpers["launch"].read_bytes(), 0o755)


def _helper(name: str, path: str) -> LayerRecipe:
    def make(_work: Path, sources: Sources, _downloads: Path, _say: OnProgress) -> Iterable[Member]:
        for parent in reversed([str(parent) for parent in Path(path).parents if str(parent) != "."]):
            yield directory(parent), None
        yield regular(path, sources.helpers[name].read_bytes(), 0o755)

    return LayerRecipe(lambda sources: f"{path} {_digest(sources, name)}", make)


def _digest(sources: Sources, name: str) -> str:
    return content_key(sources.helpers[name].read_bytes())


LAYERS: dict[str, LayerRecipe] = {
    "pause": _helper("pause", "pause"),
    "entrypoint": _helper("entrypoint", "ko-app/entrypoint"),
    "programs": LayerRecipe(lambda _: programs.describe(), _library),
    "lifecycle": LayerRecipe(lambda s: f"{programs.describe()} {_digest(s, 'launch')}", _lifecycle),
    "buildpack": LayerRecipe(lambda _: describe_buildpack(), lambda *_: buildpack()),
    "debian": LayerRecipe(lambda _: debian.describe(), _debian),
    "run": LayerRecipe(lambda _: f"1 {debian.describe()}", lambda *_: run_files()),
    "home": LayerRecipe(lambda _: f"1 {debian.USER_ID}", lambda *_: home()),
    "goroot": LayerRecipe(lambda s: f"{golang.RECIPE} {s.go.version}", _toolchain),
    "gocache": LayerRecipe(
        lambda s: f"{golang.RECIPE} {s.go.version} {golang.warm_description()}", _warm_cache
    ),
    "modules": LayerRecipe(_describe_module_settings, _module_settings),
    **languages.LAYERS,
}

LARGE_LAYERS = ("debian", "goroot", "gocache")
"""Layers that take long; nothing in them is compiled by pkgops, so they need not wait for that."""

_GO_LAYERS = ("debian", "goroot", "gocache", "certificates", "modules", "programs")
_BUILD_SETTINGS = {
    "Env": [*_GO_ENV, f"CNB_USER_ID={debian.USER_ID}", f"CNB_GROUP_ID={debian.USER_ID}"],
    "User": f"{debian.USER_ID}:{debian.USER_ID}",
    "Labels": STACK_LABELS,
}

IMAGES: dict[str, ImageRecipe] = {
    "pause": ImageRecipe(("pause",), {"Entrypoint": ["/pause"]}),
    "entrypoint": ImageRecipe(("entrypoint",), {"Entrypoint": ["/ko-app/entrypoint"]}),
    "base": ImageRecipe(("debian",), {"Env": [f"PATH={PATH}"], "Cmd": ["bash"]}),
    "toolbox": ImageRecipe(("debian", "programs"), {"Env": [f"PATH={PATH}"], "Cmd": ["bash"]}),
    "go": ImageRecipe(_GO_LAYERS, {"Env": _GO_ENV, "Cmd": ["bash"], "WorkingDir": "/go"}),
    "build": ImageRecipe((*_GO_LAYERS, "home"), _BUILD_SETTINGS),
    "run": ImageRecipe(
        ("run",),
        {
            "Env": ["PATH=/cnb/process:/usr/bin:/bin"],
            "User": f"{debian.USER_ID}:{debian.USER_ID}",
            "Labels": STACK_LABELS,
        },
    ),
    "lifecycle": ImageRecipe(("lifecycle",), {"Labels": lifecycle_labels(__version__)}),
    "buildpack-go": ImageRecipe(("buildpack",), labels=buildpack_labels),
}

ALL_IMAGES = {**IMAGES, **languages.IMAGES}
"""Including those of the languages that are built when first used."""
