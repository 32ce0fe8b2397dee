"""Which workloads of a configuration a command means."""

from __future__ import annotations

import pytest

from pkgops.cli.workloads import check_one, chosen, of_folder
from pkgops.errors import UsageError
from pkgops.settings import Overrides, load


@pytest.fixture
def listed(tmp_path):
    (tmp_path / "pkgops.yaml").write_text("workloads: [{name: shop}, {name: shop-front}, {name: stall}]\n")
    return load(Overrides(), {}, tmp_path)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], ["shop", "shop-front", "stall"]),
        (["stall", "shop"], ["stall", "shop"]),
        (["stall", "st", "stall"], ["stall"]),
        (["shop"], ["shop"]),
        (["elsewhere"], ["elsewhere"]),
    ],
)
def test_those_named_else_all_that_are_listed(listed, names, expected):
    assert chosen(listed, names) == expected


def test_a_configuration_of_one_names_none(tmp_path):
    assert chosen(load(Overrides(), {}, tmp_path), []) == []


def test_a_command_about_one_asks_which_where_several_are_listed(listed, tmp_path_factory):
    check_one(listed, "stall")
    check_one(load(Overrides(), {}, tmp_path_factory.mktemp("none")), None)
    with pytest.raises(UsageError) as caught:
        check_one(listed, None)
    assert "shop, shop-front, stall" in caught.value.why


def test_a_folder_is_followed_as_the_workload_that_it_is_the_source_of(tmp_path):
    (tmp_path / "pkgops.yaml").write_text("workloads: [{name: shop, source: Shop}, {name: stall}]\n")
    found = load(Overrides(), {}, tmp_path)
    assert of_folder(found, tmp_path / "Shop").workload == "shop"
    with pytest.raises(UsageError) as caught:
        of_folder(found, tmp_path)
    assert "stall: no source" in caught.value.why
