"""Decisions of persons: their records, and the gates that count them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from gates_kit import *  # noqa: F403
from gates_kit import IMAGE, NOW, OTHER, PROD

from pkgops.flows import rollback
from pkgops.flows.ports import Ports
from pkgops.flows.promotion import decided, decisions, records
from pkgops.flows.promotion.decisions import Decision, Kind
from pkgops.flows.promotion.gates import approval, evaluate, rejected
from pkgops.flows.promotion.gates.rule import BadSpec, Gate, State
from pkgops.flows.releases import release
from pkgops.flows.releases.recordmap import Unreadable
from pkgops.flows.releases.release import Action, Release

DIGEST, DIGEST_OF_OTHER = (image.partition("@")[2] for image in (IMAGE, OTHER))


def decision(kind=Kind.APPROVE, by="ann", minutes=0, **changes):
    made = Decision(
        kind=kind,
        workload="default/hello",
        environment="prod",
        version="2",
        image=IMAGE,
        by=by,
        groups=("admins",),
        at=NOW + timedelta(minutes=minutes),
        reason="because",
    )
    return replace(made, **changes)


def write(case, *made):
    for one in made:
        decided.write(case.place(), one)


def test_a_decision_is_kept_whole_and_cannot_be_changed(case_of):
    case = case_of()
    write(case, decision())
    (found,) = decided.read(case.place()).decisions
    assert replace(found, name="", created=None) == decision()
    (obj,) = case.client.list("v1", "ConfigMap", "ns-prod").items
    assert obj["immutable"] is True
    assert obj["metadata"]["annotations"] == {"pkgops.dev/by": "ann"}


def edited(obj, **changes):
    text = json.dumps({**json.loads(obj["data"]["decision.json"]), **changes}, indent=2, sort_keys=True)
    return {**obj, "data": {"decision.json": text}}


@pytest.mark.parametrize(
    "edit",
    [
        lambda obj: edited(obj, by="mallory"),
        lambda obj: edited(obj, version="3"),
        lambda obj: edited(obj, decision="unreject"),
        lambda obj: {**obj, "data": {}},
        lambda obj: {**obj, "data": {"decision.json": "no"}},
        lambda obj: {**obj, "metadata": {**obj["metadata"], "annotations": {"pkgops.dev/by": "mallory"}}},
        lambda obj: {**obj, "metadata": {**obj["metadata"], "annotations": None}},
    ],
)
def test_what_was_edited_is_no_decision(case_of, edit):
    obj = edit(decisions.config_map(decision(), "ns-prod"))
    with pytest.raises(Unreadable):
        decisions.parse(obj)
    case = case_of()
    case.client.create(obj)
    found = decided.read(case.place())
    assert (found.decisions, found.unreadable) == ((), (obj["metadata"]["name"],))


def said(case, rule, spec=None):
    return evaluate._verdict(Gate(name="gate", type="gate", rule=rule, spec=spec), case)


def test_a_version_that_nobody_rejected_passes(case_of):
    found = said(case_of(), rejected.RULE)
    assert (found.state, found.evidence) == (State.PASS, "no rejection of 2 is in effect")


@pytest.mark.parametrize(
    ("made", "state"),
    [
        ([decision(Kind.REJECT)], State.FAIL),
        ([decision(Kind.REJECT), decision(Kind.APPROVE, minutes=1)], State.FAIL),
        ([decision(Kind.REJECT), decision(Kind.UNREJECT, minutes=1)], State.PASS),
        ([decision(Kind.UNREJECT), decision(Kind.REJECT, minutes=1)], State.FAIL),
        ([decision(Kind.REJECT, version="3")], State.PASS),
        ([decision(Kind.REJECT, workload="default/other")], State.PASS),
    ],
)
def test_a_rejection_stands_until_it_is_taken_back(case_of, made, state):
    case = case_of()
    # By the cluster's clock all of it happened within one second; the machine's tells what came later.
    write(case, *made)
    found = said(case, rejected.RULE)
    assert found.state is state
    if state is State.FAIL:
        assert found.evidence.startswith("2 was rejected by ann: because (configmap/hello-decision-")
        assert found.remedy == "pkgops unreject 2 --to prod"


def test_the_clusters_clock_counts_before_that_of_a_machine_that_is_an_hour_off():
    made = [
        decision(Kind.REJECT, created=NOW),
        decision(Kind.UNREJECT, minutes=-60, created=NOW + timedelta(minutes=1)),
    ]
    assert decisions.rejection(made, "2") is None


def test_an_edited_record_may_be_a_rejection_and_is_no_pass(case_of):
    case = case_of()
    case.client.create(edited(decisions.config_map(decision(Kind.REJECT), "ns-prod"), version="3"))
    found = said(case, rejected.RULE)
    assert found.state is State.PENDING
    assert "was edited or is of another format, and may be a rejection" in found.evidence


def test_records_that_may_not_be_read_are_unknown_and_no_pass(case_of, memory):
    memory.allow("ann", ("create",), ("*",))
    case = case_of(user="ann")
    for rule in (rejected.RULE, approval.RULE):
        found = said(case, rule, approval.Spec())
        assert found.state is State.PENDING
        assert found.evidence.startswith("unknown: ")
        assert found.error is not None


SPEC = approval.read({"by": ["ann", "bob", {"group": "owners"}], "count": 2, "separate": True})


@pytest.mark.parametrize(
    ("made", "state", "evidence"),
    [
        ([], State.PENDING, "0 of 2 approvals of 2"),
        ([decision()], State.PENDING, "1 of 2 approvals of 2: ann"),
        ([decision(), decision(minutes=1)], State.PENDING, "1 of 2 approvals of 2: ann"),
        ([decision(), decision(by="bob", minutes=1)], State.PASS, "2 of 2 approvals of 2: ann, bob"),
        (
            [decision(), decision(by="eve", groups=("owners",), minutes=1)],
            State.PASS,
            "2 of 2 approvals of 2: ann, eve",
        ),
        (
            [decision(), decision(by="mallory", minutes=1)],
            State.PENDING,
            "1 of 2 approvals of 2: ann; mallory does not count: not on the list",
        ),
        (
            [decision(), decision(by="jane", groups=("owners",), minutes=1)],
            State.PENDING,
            "1 of 2 approvals of 2: ann; jane does not count: promotes it",
        ),
        ([decision(), decision(Kind.REJECT, minutes=1)], State.PENDING, "0 of 2 approvals of 2"),
        ([decision(version="3"), decision(by="bob")], State.PENDING, "1 of 2 approvals of 2: bob"),
    ],
)
def test_approvals_that_count(case_of, made, state, evidence):
    case = case_of()
    write(case, *made)
    found = said(case, approval.RULE, SPEC)
    assert (found.state, found.evidence) == (state, evidence)
    if state is State.PENDING:
        assert found.remedy == "pkgops approve 2 --to prod, by ann, bob, group owners, but not by jane"


@pytest.mark.parametrize(
    ("published", "told", "remedy"),
    [
        (
            OTHER,
            f"; the registry has {DIGEST_OF_OTHER} for 2 now, and {DIGEST} runs: it was pushed again since",
            "pkgops up builds another version, which can be approved: 2 has two images",
        ),
        (IMAGE, "", "pkgops approve 2 --to prod, by ann, bob"),
        ("", "", "pkgops approve 2 --to prod, by ann, bob"),
    ],
)
def test_an_approval_of_another_image_says_whether_a_new_one_would_count(published, told, remedy):
    seen = approval.Facts(
        version="2",
        image=IMAGE,
        environment="prod",
        promoter="jane",
        approvals=(decision(), decision(by="bob", image=OTHER)),
        published=published,
    )
    found = approval.judge(approval.read({"by": ["ann", "bob"], "count": 2}), seen)
    assert found.state is State.PENDING
    assert found.evidence == (
        f"1 of 2 approvals of 2: ann; bob does not count: approved another image ({DIGEST_OF_OTHER}){told}"
    )
    assert found.remedy == remedy


def test_what_would_come_may_be_unknown_and_is_then_no_other_image():
    seen = approval.Facts(
        version="2",
        image="",
        environment="prod",
        promoter="jane",
        approvals=(decision(),),
        published=OTHER,
    )
    found = approval.judge(approval.read({"by": ["ann"]}), seen)
    assert (found.state, found.evidence) == (
        State.PENDING,
        "0 of 1 approvals of 2; ann does not count: which image would be promoted is unknown",
    )


def test_a_deleted_approval_counts_no_more(case_of):
    case = case_of()
    spec = approval.read({"by": ["ann"]})
    write(case, decision())
    assert said(case, approval.RULE, spec).state is State.PASS
    (obj,) = case.client.list("v1", "ConfigMap", "ns-prod").items
    case.client.delete("v1", "ConfigMap", obj["metadata"]["name"], "ns-prod")
    assert said(case, approval.RULE, spec).state is State.PENDING


def test_an_edited_approval_does_not_count_and_is_named(case_of):
    case = case_of()
    obj = edited(decisions.config_map(decision(by="mallory"), "ns-prod"), by="ann")
    case.client.create(obj)
    found = said(case, approval.RULE, approval.read({"by": ["ann"]}))
    assert found.state is State.PENDING
    assert f"configmap/{obj['metadata']['name']} was edited" in found.evidence


def test_where_the_cluster_does_not_say_who_promotes_separate_does_not_pass(case_of, memory):
    memory.stop_serving("authentication.k8s.io/v1", "SelfSubjectReview")
    case = case_of()
    write(case, decision(), decision(by="bob", minutes=1))
    assert said(case, approval.RULE, SPEC).state is State.PENDING


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ([], "must be a map"),
        ({"who": ["ann"]}, "must be a map of by, count and separate"),
        ({"by": "ann"}, "by must be a list"),
        ({"by": [{"team": "a"}]}, "is neither"),
        ({"count": 0}, "above zero"),
        ({"count": True}, "above zero"),
        ({"separate": "yes"}, "true or false"),
        ({"by": ["ann"], "count": 2}, "2 approvals can never come from 1 users"),
    ],
)
def test_values_that_are_no_approval(value, problem):
    with pytest.raises(BadSpec, match=problem):
        approval.read(value)


def test_without_a_list_the_right_to_write_the_record_decides(case_of):
    case = case_of()
    write(case, decision(by="anybody"))
    assert said(case, approval.RULE, approval.read(None)).state is State.PASS


def released(case, version):
    ends = (Release(version="0"), Release(version=version, healthy=True))
    ports = Ports(now=lambda: NOW)
    with records.recorded(case.place(), Action.PROMOTE, lambda: ends[0], ends[1], ports) as ending:
        ending.runs = ends[1]


def test_a_rollback_never_lands_on_a_rejected_version(case_of):
    case = case_of()
    case.target.settings.kept_releases = 50
    made = [release.parse(one) for one in case.client.list("v1", "ConfigMap", "ns-prod").items]
    assert made == []
    released(case, "1")
    released(case, "3")
    assert rollback._earlier(case.target, PROD, "hello", "3") == "1"
    write(case, decision(Kind.REJECT, version="1"))
    with pytest.raises(rollback.RefusedError, match="before 3; rejected: 1"):
        rollback._earlier(case.target, PROD, "hello", "3")
