"""A planned promotion is carried out as it was planned, or refused with what has moved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pkgops.errors import Exit, RefusedError, UsageError
from pkgops.flows.promotion import plan
from pkgops.flows.promotion.change import Promotion
from pkgops.flows.releases.release import Release

BEFORE = Release(
    version="0.1.1", image="r/hello@sha256:a", revision="main@sha1:1", pinned="0.1.1", healthy=True
)
AFTER = Release(
    version="0.1.2", image="r/hello@sha256:b", revision="main@sha1:2", pinned="0.1.2", healthy=True
)
PROMOTION = Promotion(workload="hello", environment="prod", before=BEFORE, after=AFTER)
CLUSTER = "https://cluster"


@pytest.fixture
def kept(tmp_path):
    file = tmp_path / "plan.json"
    plan.write(plan.of(PROMOTION, CLUSTER), file)
    return plan.read(file)


def test_a_plan_is_read_as_it_was_kept_and_holds(kept):
    assert kept == plan.of(PROMOTION, CLUSTER)
    plan.check(kept, PROMOTION, CLUSTER)


def test_health_and_commits_may_become_known_later(kept):
    plan.check(kept, replace(PROMOTION, before=replace(BEFORE, healthy=False, revision="")), CLUSTER)


@pytest.mark.parametrize(
    ("now", "cluster", "moved"),
    [
        (PROMOTION, "https://other", "cluster: https://cluster when planned, https://other now"),
        (replace(PROMOTION, workload="bye"), CLUSTER, "workload: hello when planned, bye now"),
        (
            replace(PROMOTION, before=Release()),
            CLUSTER,
            "version that runs in prod: 0.1.1 when planned, none now",
        ),
        (
            replace(PROMOTION, before=replace(BEFORE, pinned="")),
            CLUSTER,
            "version that prod is pinned to: 0.1.1 when planned, none now",
        ),
        (
            replace(PROMOTION, after=replace(AFTER, image="r/hello@sha256:c")),
            CLUSTER,
            "image to install: r/hello@sha256:b when planned, r/hello@sha256:c now",
        ),
    ],
)
def test_what_has_moved_is_named(kept, now, cluster, moved):
    with pytest.raises(RefusedError) as caught:
        plan.check(kept, now, cluster)
    assert caught.value.exit_code is Exit.REFUSED
    assert moved in caught.value.why.splitlines()


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(UsageError, match="cannot write the plan"):
        plan.write(plan.of(PROMOTION, CLUSTER), tmp_path / "none" / "plan.json")


@pytest.mark.parametrize(
    "content",
    [
        None,
        "",
        "[]",
        "{}",
        '{"kind": "Promotion"}',
        '{"apiVersion": "pkgops.dev/v1", "kind": "PromotionPlan"}',
    ],
)
def test_what_is_no_plan_is_refused(tmp_path, content):
    file = tmp_path / "plan.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(UsageError, match="is not the plan of a promotion") as caught:
        plan.read(file)
    assert caught.value.slug == "bad-plan"
