"""Mixins of stacks and buildpacks: which are compatible, and kpack's messages for those that are not."""

from __future__ import annotations

import json

import pytest

from pkgops.oci import Image
from pkgops.oci.image import empty_image
from pkgops.platform.kpack.mixins import BadMixins, missing_mixins, mixins_of


def image(*mixins: str) -> Image:
    return empty_image(Labels={"io.buildpacks.stack.mixins": json.dumps(mixins)})


def test_a_stack_has_those_of_both_images_and_those_of_a_stage() -> None:
    found = mixins_of(image("git", "build:gcc", "libc6"), image("libc6", "run:tini", "git", "extra"))
    assert found == ["git", "libc6", "build:gcc", "run:tini"]
    assert mixins_of(empty_image(), empty_image()) == []


@pytest.mark.parametrize(
    ("build", "run", "said"),
    [
        (["run:tini"], [], "build image contains run-only mixin(s): run:tini"),
        ([], ["build:gcc"], "run image contains build-only mixin(s): build:gcc"),
        (["git", "curl"], ["git"], "runImage missing required mixin(s): curl"),
    ],
)
def test_images_that_do_not_go_together_are_told_in_kpack_s_words(
    build: list[str], run: list[str], said: str
) -> None:
    with pytest.raises(BadMixins) as refused:
        mixins_of(image(*build), image(*run))
    assert refused.value.what == said


@pytest.mark.parametrize(
    ("provided", "required", "apis", "missing"),
    [
        (["git"], ["git", "build:git", "run:git"], ["0.8"], []),
        (["build:git", "run:git"], ["git"], ["0.8"], []),
        (["build:git"], ["git", "run:git"], ["0.7"], ["git", "run:git"]),
        (["git"], ["git", "build:git"], ["0.3", "0.6"], ["build:git"]),
        ([], [], ["0.8"], []),
    ],
)
def test_what_a_buildpack_asks_for_may_be_there_for_more_stages(
    provided: list[str], required: list[str], apis: list[str], missing: list[str]
) -> None:
    assert missing_mixins(provided, required, apis) == missing
