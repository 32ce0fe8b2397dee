"""A stage is named the same way in every command."""

from __future__ import annotations

import pytest
from shared_traces import recorded

from pkgops.cli.options import Stage as StageOption
from pkgops.errors import UsageError
from pkgops.flows import logs, replay, stages
from pkgops.model import Stage


def run(seconds=20, name="second-run"):
    return replay.at(recorded(name), seconds).all_stages


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("test", {"source-tester"}),
        ("source-tester", {"source-tester"}),
        ("Test source", {"source-tester"}),
        ("test-source", {"source-tester"}),
        ("build", {"image-builder"}),
        ("config", {"config-provider"}),
        ("push", {"imgpkg-bundler"}),
        ("detect", {"source-detector"}),
        ("choose", {"source-provider"}),
        ("fetch package", {"package-provider"}),
        ("install", {"deployer"}),
        ("serve", {"serve"}),
    ],
)
def test_a_stage_has_a_name_a_title_and_a_short_name(said, names):
    found = stages.named(run(), said)
    assert {stage.name for stage in found} == names
    assert found == logs.LogQuery(said).of(run())


def test_the_name_of_a_resource_comes_first():
    mine = (
        Stage(name="fetch", scope="supply-chain", title="Build image"),
        Stage(name="a", scope="supply-chain", title="Fetch source"),
    )
    assert [stage.name for stage in stages.named(mine, "fetch")] == ["fetch"]


def test_a_stage_that_was_not_made_yet_has_its_short_name():
    early = run(60, "first-run")
    assert [stage.name for stage in stages.named(early, "build")] == ["image-builder"]


def test_one_environment_alone():
    found = logs.LogQuery("serve", environment="apps-prod").of(run(80))
    assert [(stage.scope, stage.name) for stage in found] == [("apps-prod", "serve")]


def test_what_is_none_names_all_that_are():
    with pytest.raises(UsageError) as caught:
        stages.named(run(), "tets")
    assert caught.value.slug == "unknown-stage"
    assert "test" in caught.value.next
    assert stages.matching(run(), "tets") == ()


def test_the_help_lists_every_short_name():
    (option,) = StageOption.__metadata__
    assert all(name in option.help for name in stages.SHORT)
