"""What depends on what cannot be read ends with exit 3 and says what, and never with success."""

from __future__ import annotations

from datetime import timedelta

import pytest
from shared_traces import recorded

from pkgops.errors import PreflightError
from pkgops.flows import logs, replay, trace, unreadable, why
from pkgops.flows.next_command import next_command
from pkgops.flows.run import outcome as outcomes
from pkgops.flows.run.goal import Goal
from pkgops.flows.run.outcome import OutcomePolicy
from pkgops.kube.errors import Forbidden
from pkgops.model import CauseCode, Unreadable, Verdict
from pkgops.pipeline import Tracker, Watch, carried
from pkgops.readiness.base import meta

FINISHED = 25
"""When the second recording is at rest: everything is done, nothing has changed yet."""
GONE = [
    ("carto.run/v1alpha1", "Workload", "default"),
    ("carto.run/v1alpha1", "Deliverable", "apps-dev"),
    ("packaging.carvel.dev/v1alpha1", "PackageInstall", "apps-dev"),
    ("kappctrl.k14s.io/v1alpha1", "App", "apps-dev"),
    ("serving.knative.dev/v1", "Service", "apps-dev"),
]


def tracker_without(api_version, kind, namespace, code=CauseCode.MAY_NOT_READ):
    return lacking([(api_version, kind, namespace)], code)


def lacking(kinds, code=CauseCode.MAY_NOT_READ, recording="second-run", until=FINISHED):
    found = recorded(recording)
    tracker = Tracker(replay.scope_of(found), next_command)
    gaps = [
        Unreadable(
            api_version=api_version,
            kind=kind,
            namespace=namespace,
            code=code,
            sentence=f"jane may not list {kind} in {namespace}",
        )
        for api_version, kind, namespace in kinds
    ]
    tracker.store.set_unreadable(gaps)
    for line in found.lines:
        group = str(line.object.get("apiVersion")).rpartition("/")[0]
        key = group, str(line.object.get("kind")), str(meta(line.object).get("namespace") or "")
        if line.t <= until and key not in [gap.key for gap in gaps]:
            tracker.apply(line.type, line.object)
    return tracker, found.began + timedelta(seconds=until)


def judged(tracker, now, goal):
    judge = OutcomePolicy(goal=goal)
    outcomes = [judge.step(tracker.snapshot(now + timedelta(seconds=second))) for second in range(15)]
    return next((outcome for outcome in outcomes if outcome is not None), None)


SPACES = ("default", "apps-dev", "apps-prod")
BUILDS = [("kpack.io/v1alpha2", kind, "default") for kind in ("Image", "Build")]
PACKAGES = [
    (api_version, kind, space)
    for api_version, kind in (
        ("packaging.carvel.dev/v1alpha1", "PackageInstall"),
        ("packaging.carvel.dev/v1alpha1", "PackageRepository"),
        ("data.packaging.carvel.dev/v1alpha1", "Package"),
        ("kappctrl.k14s.io/v1alpha1", "App"),
    )
    for space in SPACES
]
RUNS = [
    (f"{group}/v1", kind, "default") for group, kind in (("tekton.dev", "TaskRun"), ("carto.run", "Runnable"))
]


def still(kinds):
    tracker, now = lacking(kinds, recording="fourth-run", until=200)
    snapshot = carried.marked(tracker.snapshot(now))
    return {(one.scope, one.name) for one in snapshot.all_stages if one.still}


@pytest.mark.parametrize(
    "gone",
    [BUILDS, PACKAGES, RUNS, BUILDS + PACKAGES, BUILDS + PACKAGES + RUNS],
    ids=lambda kinds: str(len(kinds)),
)
def test_nothing_is_said_to_be_old_because_something_may_not_be_read(gone):
    assert still(gone) <= still([])


@pytest.mark.parametrize("gone", GONE, ids=str)
def test_wait_ends_with_what_may_not_be_read(gone):
    tracker, now = tracker_without(*gone)
    outcome = judged(tracker, now, Goal(environments=("apps-dev",)))
    assert outcome.verdict is Verdict.UNKNOWN
    error = outcomes.failure(outcome)
    assert (error.what, int(error.exit_code)) == (f"unknown: jane may not list {gone[1]} in {gone[2]}", 3)


def test_wait_is_for_what_is_not_listed_yet():
    tracker, now = tracker_without(*GONE[1], code=CauseCode.NOT_LISTED)
    assert judged(tracker, now, Goal(environments=("apps-dev",))) is None


def test_what_does_not_concern_the_goal_does_not_end_it():
    tracker, now = tracker_without("carto.run/v1alpha1", "Deliverable", "apps-prod")
    assert judged(tracker, now, Goal(environments=("apps-dev",))).verdict is Verdict.READY
    tracker, now = tracker_without(*GONE[1])
    assert judged(tracker, now, Goal(deliver=False)).verdict is Verdict.READY


@pytest.mark.parametrize("gone", [*GONE[1:], ("kpack.io/v1alpha2", "Build", "default")], ids=str)
def test_a_hop_that_may_not_be_read_is_no_hop_that_leads_to_nothing(gone):
    tracker, now = tracker_without(*gone)
    found = trace.of_tracker(tracker, tracker.scope.name, now, trace.recorded({}))
    steps = [step for chain in found.chains for step in chain.steps if step.unreadable]
    assert {step.note for step in steps} == {f"unknown: jane may not list {gone[1]} in {gone[2]}"}
    assert found.exit_code == 3


@pytest.mark.parametrize("gone", GONE, ids=str)
def test_why_and_logs_say_it(gone):
    tracker, now = tracker_without(*gone)
    told = f"unknown: jane may not list {gone[1]} in {gone[2]}"
    snapshot = tracker.snapshot(now)
    found = why.explain(None, "hello-go", snapshot)
    assert (found.exit_code, found.blockages[0].cause) == (3, told)
    assert told in [line.text for line in logs.no_log_lines(tracker, snapshot, logs.LogQuery(), ())]
    with pytest.raises(PreflightError, match=told):
        unreadable.check(snapshot)


def test_the_refusal_names_user_verb_resource_and_place():
    message = (
        'packageinstalls.packaging.carvel.dev is forbidden: User "jane" cannot list resource '
        '"packageinstalls" in API group "packaging.carvel.dev" in the namespace "apps-dev"'
    )
    watch = Watch("packaging.carvel.dev/v1alpha1", "PackageInstall", "apps-dev")
    gap = unreadable.of(watch, Forbidden(403, "Forbidden", message))
    assert gap.sentence == "jane may not list packageinstalls in apps-dev"
    own_words = unreadable.of(watch, Forbidden(403, "Forbidden", "no access\nfor you"))
    assert own_words.sentence == "no access for you"
    assert own_words.code is CauseCode.MAY_NOT_READ
