"""The sample application is what is brought where nothing else is named, which is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from pkgops.cli.session import SAMPLE_NOTE, named_after_folder
from pkgops.settings import Overrides, load


def test_without_a_configuration_and_a_folder_it_is_said_to_be_the_sample(tmp_path: Path) -> None:
    settings = load(Overrides(), {}, tmp_path)
    assert named_after_folder(settings, None) == (settings, SAMPLE_NOTE)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("workload.name", "shop"),
        ("git.url", "https://git.example.com/shop.git"),
        ("pkgops.source", "shop"),
        ("pkgops.context", "team"),
    ],
)
def test_what_is_named_is_not_the_sample(tmp_path: Path, key: str, value: str) -> None:
    settings = load(Overrides((), {key: (value, "--set")}), {}, tmp_path)
    assert named_after_folder(settings, None) == (settings, "")
