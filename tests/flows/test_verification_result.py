"""What several verifications say of a version, and the form in which they are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pkgops.flows.releases.recordmap import Unreadable
from pkgops.flows.verification import result
from pkgops.flows.verification.result import Checked, Outcome, Verification

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
P, F, U, R = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.RUNNING


def verification(number, outcome, version="1", image="i@sha256:1", clock=0):
    begun = BEGIN + timedelta(minutes=number)
    return Verification(
        name=f"v{number}",
        workload="default/hello",
        environment="dev",
        by="ann",
        begun=begun + timedelta(minutes=clock),
        version=version,
        image=image,
        outcome=outcome,
        created=begun,
    )


def ordered(*outcomes, **more):
    return result.in_order(verification(number, one, **more) for number, one in enumerate(outcomes))


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ((), None), ((P,), P), ((P, F), F), ((F, P), P), ((P, U), P), ((P, R), P), ((U, R), None),
        ((P, F, U), F),
    ],
)  # fmt: skip
def test_the_last_that_says_anything_counts(outcomes, said):
    found = result.last_conclusive(ordered(*outcomes), "1")
    assert (found.outcome if found else None) == said
    assert result.last_conclusive(ordered(*outcomes), "2") is None
    assert result.failing(ordered(*outcomes)) == ({"1"} if said is F else set())


def test_another_image_of_the_same_version_was_not_verified():
    assert result.last_conclusive(ordered(P), "1", "i@sha256:2") is None
    assert result.last_conclusive(ordered(P), "1", "i@sha256:1") is not None


def test_a_clock_that_is_off_does_not_change_the_order():
    found = result.in_order([verification(1, P, clock=60), verification(2, F)])
    assert result.last_conclusive(found, "1").outcome is F


@pytest.mark.parametrize(
    ("outcomes", "all_of_it"),
    [((), P), ((P, P), P), ((P, U), U), ((U, F), F), ((F, P), F)],
)
def test_all_checks_together(outcomes, all_of_it):
    assert result.outcome(Checked(name="c", outcome=one, evidence="") for one in outcomes) is all_of_it


def test_what_need_not_be_kept():
    found = ordered(P, P, U, U, R)
    assert [one.name for one in result.prunable(found, 2)] == ["v2", "v0"]
    assert result.prunable(found, 50) == []


def test_what_is_kept_is_read_again_without_logs():
    whole = replace(
        verification(1, F),
        checks=(Checked(name="c", outcome=F, evidence="HTTP 500", seconds=1.5),),
        ended=BEGIN,
        message="m",
        created=None,
    )
    told = replace(
        whole, checks=(Checked(name="c", outcome=F, evidence="HTTP 500", seconds=1.5, log=("password",)),)
    )
    obj = result.config_map(told, "dev")
    assert "password" not in str(obj)
    assert obj["immutable"] is True
    assert result.parse(obj) == whole
    assert "immutable" not in result.config_map(verification(1, R), "dev")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"apiVersion": "pkgops.dev/v2", "kind": "Verification"}'])
def test_what_holds_none_is_told(text):
    obj = {**result.config_map(verification(1, P), "dev"), "data": {"verification.json": text}}
    with pytest.raises(Unreadable, match="v1"):
        result.parse(obj)
