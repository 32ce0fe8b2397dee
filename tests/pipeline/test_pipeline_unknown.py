"""What cannot be read is unknown: never done, never waiting, and no environment is left out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pkgops.flows import replay
from pkgops.flows.next_command import next_command
from pkgops.model import CauseCode, State, Unreadable, Verdict
from pkgops.pipeline import Tracker
from pkgops.pipeline.required_watches import required_watches
from pkgops.readiness.base import meta

# Not asked for to judge by: Events are evidence, the others lead to what is judged.
ONLY_TELL = {"Event", "Configuration", "Route", "Package", "ClusterBuilder", "Deployment"}
MOMENTS = [("first-run", s) for s in (60, 300, 600, 900, 1300, 1476)] + [
    ("second-run", s) for s in (5, 50, 100, 150, 220, 285, 320, 352)
]
FINISHED = 25
"""When the second recording is at rest: everything is done, nothing has changed yet."""


def unreadable(group_version, kind, namespace):
    sentence = f"jane may not list {kind.lower()}s in {namespace}"
    return Unreadable(
        api_version=group_version,
        kind=kind,
        namespace=namespace,
        code=CauseCode.MAY_NOT_READ,
        sentence=sentence,
    )


def seen(found, seconds, hidden=()):
    """The tracker of a moment, as it is for a user who may not read some kinds."""
    keys = {gap.key for gap in hidden}
    tracker = Tracker(replay.scope_of(found), next_command)
    tracker.store.set_unreadable(hidden)
    for line in found.lines:
        if line.t > seconds:
            break
        group = str(line.object.get("apiVersion")).rpartition("/")[0]
        key = group, str(line.object.get("kind")), str(meta(line.object).get("namespace") or "")
        if key not in keys:
            tracker.apply(line.type, line.object)
    return tracker


def snapshot(found, seconds, hidden=()):
    return seen(found, seconds, hidden).snapshot(found.began + timedelta(seconds=seconds))


def kinds_of(found, seconds):
    tracker = seen(found, seconds)
    watches = required_watches(tracker.store, tracker.scope)
    return sorted({(one.api_version, one.kind, one.namespace) for one in watches})


def stages_of(taken):
    return {(stage.scope, stage.name): stage for stage in taken.all_stages}


@pytest.mark.parametrize(("name", "seconds"), MOMENTS)
def test_a_user_with_fewer_rights_is_told_the_same_or_that_it_is_unknown(recording_of, name, seconds):
    found = recording_of(name)
    whole = snapshot(found, seconds)
    known = stages_of(whole)
    for api_version, kind, namespace in kinds_of(found, seconds):
        gap = unreadable(api_version, kind, namespace)
        taken = snapshot(found, seconds, (gap,))
        about = f"without {kind} in {namespace}"
        if kind in ONLY_TELL:
            continue
        assert taken.verdict in (whole.verdict, Verdict.UNKNOWN), about
        for key, stage in stages_of(taken).items():
            same = (stage.state, stage.output.version) == (known[key].state, known[key].output.version)
            assert same or stage.state is State.UNKNOWN, f"{about}: {key} is {stage.state}"
        environments = {env.name: env for env in taken.environments}
        for env in whole.environments:
            mine = environments.pop(env.name)
            assert mine.verdict in (env.verdict, Verdict.UNKNOWN), about
            assert mine.image in (env.image, ""), about
        # Whether anything is delivered there is unknown too.
        assert all(env.verdict is Verdict.UNKNOWN for env in environments.values()), about


@pytest.mark.parametrize(
    ("kind", "namespace"),
    [
        ("carto.run/v1alpha1 Workload", "default"),
        ("carto.run/v1alpha1 Runnable", "default"),
        ("kpack.io/v1alpha2 Image", "default"),
        ("source.toolkit.fluxcd.io/v1 GitRepository", "default"),
        ("tekton.dev/v1 TaskRun", "default"),
        ("carto.run/v1alpha1 Deliverable", "apps-dev"),
        ("image.toolkit.fluxcd.io/v1 ImagePolicy", "apps-dev"),
        ("image.toolkit.fluxcd.io/v1 ImageRepository", "apps-dev"),
        ("packaging.carvel.dev/v1alpha1 PackageRepository", "apps-dev"),
        ("packaging.carvel.dev/v1alpha1 PackageInstall", "apps-dev"),
        ("kappctrl.k14s.io/v1alpha1 App", "apps-dev"),
        ("serving.knative.dev/v1 Service", "apps-dev"),
        ("v1 Pod", "apps-dev"),
    ],
)
def test_a_finished_run_is_unknown_without_any_kind_that_it_is_known_by(recording_of, kind, namespace):
    found = recording_of("second-run")
    assert snapshot(found, FINISHED).verdict is Verdict.READY
    gap = unreadable(*kind.split(), namespace)
    taken = snapshot(found, FINISHED, (gap,))
    assert taken.verdict is Verdict.UNKNOWN
    causes = [item for item in taken.blockages if item.state is State.UNKNOWN]
    assert causes[0].cause == f"unknown: {gap.sentence}"
    assert causes[0].next == "pkgops doctor --rbac watch"
    assert causes[0].evidence == ()
    assert taken.unreadable == (gap,)


def test_what_the_owner_says_of_an_object_that_may_not_be_read_is_told(recording_of):
    found = recording_of("second-run")
    gaps = [
        unreadable("source.toolkit.fluxcd.io/v1", "GitRepository", "default"),
        unreadable("image.toolkit.fluxcd.io/v1", "ImagePolicy", "apps-dev"),
        unreadable("kpack.io/v1alpha2", "Image", "default"),
    ]
    whole, taken = snapshot(found, FINISHED), snapshot(found, FINISHED, gaps)
    for stage in taken.all_stages:
        full = stages_of(whole)[stage.scope, stage.name]
        assert (stage.object, stage.title, stage.tool) == (full.object, full.title, full.tool)
        if stage.object is not None and stage.object.kind in ("GitRepository", "ImagePolicy", "Image"):
            assert stage.state is State.UNKNOWN
            mine, theirs = stage.output, full.output
            assert (mine.revision or mine.tag or mine.image) == (
                theirs.revision or theirs.tag or theirs.image
            )
    assert taken.revision == whole.revision
    assert taken.image == whole.image


def test_without_the_blueprint_stages_that_are_not_stamped_may_be_missing(recording_of):
    found = recording_of("second-run")
    gap = unreadable("carto.run/v1alpha1", "ClusterSupplyChain", "")
    assert snapshot(found, FINISHED, (gap,)).verdict is Verdict.READY
    for seconds in (line.t for line in found.lines if line.object.get("kind") == "Workload"):
        mine, whole = snapshot(found, seconds, (gap,)), snapshot(found, seconds)
        assert mine.verdict is not Verdict.READY or whole.verdict is Verdict.READY
