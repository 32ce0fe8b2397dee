"""A version that was pushed again after it was installed: what was approved is not what runs."""

from __future__ import annotations

import pytest
from package_versions import pushed
from recorded_promotion import NAME, VERSION, promotable, publish
from registry_fixtures import *  # noqa: F403

GATED = [{"name": "apps-dev"}, {"name": "apps-prod", "gates": [{"approval": {"by": ["ann"]}}]}]
AGAIN = "sha256:" + "c" * 64


@pytest.fixture
def cluster(commands, registry, tmp_path):
    """A version that runs in apps-dev, and is in the registry with the image that runs."""
    publish(registry, tmp_path / "bundles", lambda _: {})
    git = {"url": "https://git.example.com/demo/hello-go.git"}
    commands.configure(registry, git=git, pkgops={"environments": GATED})
    with promotable(commands.api) as found:
        yield found


def asked(commands):
    """What the gate says: its state, its evidence, and what would satisfy it."""
    found = commands("gates", "--to", "apps-prod", "-o", "json").json()["gates"]
    (one,) = [gate for gate in found if gate["gate"] == "approval"]
    return one["state"], one["evidence"], one["remedy"]


@pytest.mark.usefixtures("cluster")
def test_an_approval_of_what_was_pushed_since_does_not_count_and_says_why(commands, registry, tmp_path):
    pushed(registry, tmp_path / "again", VERSION, {}, folder="demo", name=NAME, image=f"r/{NAME}@{AGAIN}")
    assert asked(commands)[0] == "pending"
    approved = commands("approve", VERSION, "--to", "apps-prod", user="ann")
    assert approved.code == 0, approved
    state, evidence, remedy = asked(commands)
    assert state == "pending"
    assert f"ann does not count: approved another image ({AGAIN})" in evidence
    assert f"the registry has {AGAIN} for {VERSION} now, and sha256:" in evidence
    assert remedy.startswith("pkgops up builds another version")


@pytest.mark.usefixtures("cluster")
def test_an_approval_of_what_runs_counts(commands):
    approved = commands("approve", VERSION, "--to", "apps-prod", user="ann")
    assert approved.code == 0, approved
    assert asked(commands)[:2] == ("pass", f"1 of 1 approvals of {VERSION}: ann")


@pytest.mark.usefixtures("cluster")
def test_without_the_registry_the_approval_of_another_image_is_told_all_the_same(
    commands, registry, tmp_path
):
    pushed(registry, tmp_path / "again", VERSION, {}, folder="demo", name=NAME, image=f"r/{NAME}@{AGAIN}")
    assert commands("approve", VERSION, "--to", "apps-prod", user="ann").code == 0
    registry.close()
    ended = commands("gates", "--to", "apps-prod")
    assert ended.code == 5, ended
    assert f"which image the registry has for {VERSION} is unknown: " in ended.err
    assert "approved another image" in ended.out
