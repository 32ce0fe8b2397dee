"""Several workloads in one configuration: each has its own values, and shares the others."""

from __future__ import annotations

import pytest

from pkgops.errors import UsageError
from pkgops.settings import Overrides, load

TEXT = """\
git: {branch: release}
workload: {namespace: team}
workloads:
  - name: shop
    source: shop
    containerPort: 9090
    package: {versions: ">=1.0.0"}
  - name: stall
    deliverable: stall-from-package
    git: {url: "https://git.example.com/stall.git"}
"""


def read(folder, text=TEXT, **options):
    (folder / "pkgops.yaml").write_text(text)
    values = {key.replace("__", "."): (value, f"--{key}") for key, value in options.items()}
    return load(Overrides(values=values), {}, folder)


def test_each_has_names_of_its_own_and_shares_what_it_leaves_out(tmp_path):
    found = read(tmp_path)
    assert [one.name for one in found.workloads] == ["shop", "stall"]
    shop, stall = found.for_workload("shop"), found.for_workload("stall")
    assert shop.text("package.name") == "shop.demo.carto"
    assert shop.text("package.versions") == ">=1.0.0"
    assert (shop.deliverable, stall.deliverable) == ("shop", "stall-from-package")
    assert (shop.text("workload.containerPort"), stall.text("workload.containerPort")) == ("9090", "8080")
    assert shop.source == tmp_path / "shop"
    assert stall.source is None
    assert stall.text("git.url") == "https://git.example.com/stall.git"
    assert {one.workload_namespace for one in (shop, stall)} == {"team"}
    assert {one.text("git.branch") for one in (shop, stall)} == {"release"}


def test_options_win_over_an_item_and_an_item_over_what_is_shared(tmp_path):
    text = "workload: {containerPort: 1}\nworkloads: [{name: shop, containerPort: 2, namespace: own}]\n"
    found = read(tmp_path, text, workload__namespace="given").for_workload("shop")
    assert found.text("workload.containerPort") == "2"
    assert found.workload_namespace == "given"


def test_the_templates_are_not_given_the_list(tmp_path):
    assert "workloads" not in read(tmp_path).for_workload("shop").data_values()
    assert read(tmp_path).for_workload("shop").data_values()["workload"]["name"] == "shop"


def test_any_other_name_changes_nothing(tmp_path):
    found = read(tmp_path)
    assert found.for_workload("other") is found
    assert read(tmp_path, "workload: {name: one}\n").workloads == ()


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ("[{source: shop}]", "has no name"),
        ("[shop]", "has no name"),
        ("{name: shop}", "must be a list"),
        ("[{name: shop}, {name: shop}]", "shop is used twice"),
        ("[{name: shop, port: 1}]", "shop has port"),
        ("[{name: shop, git: main}]", "git of shop must be a map"),
    ],
)
def test_a_list_that_is_wrong_is_told_with_its_place(tmp_path, items, said):
    with pytest.raises(UsageError) as caught:
        _ = read(tmp_path, f"workloads: {items}\n").workloads
    assert said in caught.value.what
    assert "pkgops.yaml:1:" in caught.value.what
    assert caught.value.slug == "bad-workloads"
