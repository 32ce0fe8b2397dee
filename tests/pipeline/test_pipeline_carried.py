"""What each stage of an environment carries while another commit, or version, is followed."""

from __future__ import annotations

import pytest
from shared_traces import played, recorded

from pkgops.flows import replay
from pkgops.flows.run.goal import Goal
from pkgops.flows.run.shown import shown
from pkgops.model import State
from pkgops.pipeline import revisions
from pkgops.pipeline.carried import marked

FIRST, SECOND = "00830f98", "66c5e01b"
OLDEST, NEWEST = "0.1.1795906130", "0.1.1795906340"


def at(seconds):
    return replay.at(recorded("fourth-run"), seconds)


def dev(snapshot):
    return next(env for env in snapshot.environments if env.name == "apps-dev")


def still(stages):
    return {stage.name: revisions.sha(stage.still)[:8] for stage in stages}


@pytest.mark.parametrize("seconds", [58.7, 62, 70, 85, 90])
def test_while_a_second_commit_is_built_an_environment_is_still_at_the_first(seconds):
    snapshot = at(seconds)
    assert SECOND in snapshot.revision
    assert set(still(dev(snapshot).stages).values()) == {FIRST}


@pytest.mark.parametrize("seconds", [57, 104, 108, 115])
def test_nothing_is_still_older_where_all_carry_the_newest_commit(seconds):
    assert {stage.still for stage in (*at(seconds).stages, *dev(at(seconds)).stages)} == {""}


def test_a_version_of_an_unknown_commit_is_named_by_itself():
    assert {stage.still for stage in dev(at(30)).stages} == {OLDEST}


def test_no_stage_of_the_second_commit_counts_before_its_package_is_pushed():
    """Until then every stage that is done in the environment carries the first commit."""
    pushed = None
    for seconds, snapshot in played("fourth-run"):
        if SECOND not in snapshot.revision or pushed:
            continue
        pushed = all(stage.state is State.DONE and stage.current for stage in snapshot.stages)
        ended = [stage for stage in dev(snapshot).stages if stage.state is State.DONE]
        assert pushed or {revisions.sha(one.still)[:8] for one in ended} == {FIRST}, seconds
    assert pushed


def test_the_installation_is_the_last_to_carry_the_first_commit():
    moments = {}
    for seconds, snapshot in played("fourth-run"):
        if SECOND in snapshot.revision and seconds < 115:
            moments |= {stage.name: seconds for stage in dev(snapshot).stages if stage.still}
    tag = {name: moments[name] for name in ("source-detector", "source-provider", "package-provider")}
    assert max(tag.values()) < moments["deployer"]


def test_a_commit_that_the_source_has_not_seen_yet_makes_all_older():
    snapshot = marked(at(57), revision=f"main@sha1:{'12' * 20}")
    assert set(still(snapshot.all_stages).values()) == {FIRST}


def test_a_promotion_shows_its_environment_alone_beside_its_version():
    before = shown(at(118.5), Goal(environments=("apps-prod",), version=OLDEST))
    assert before.stages == ()
    assert before.revision == ""
    assert [env.name for env in before.environments] == ["apps-prod"]
    stages = {stage.name: stage.still for stage in before.environments[0].stages}
    assert stages["deployer"] == stages["serve"] == NEWEST
    after = shown(at(150), Goal(environments=("apps-prod",), version=OLDEST))
    assert {stage.still for stage in after.environments[0].stages} == {""}


def test_a_run_shows_the_environments_of_its_goal():
    run = shown(at(118.5), Goal(revision=SECOND, environments=("apps-dev",)))
    assert [env.name for env in run.environments] == ["apps-dev"]
    assert {cause.scope for cause in run.blockages} <= {"supply-chain", "apps-dev"}
    assert run.revision == SECOND
    built = shown(at(118.5), Goal(deliver=False))
    assert built.environments == ()
    everything = shown(at(118.5), Goal())
    assert [env.name for env in everything.environments] == ["apps-dev", "apps-prod"]
