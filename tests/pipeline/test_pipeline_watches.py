"""Which kinds are watched: at first the owners, then what the known objects lead to and nothing else."""

from __future__ import annotations

import pytest

from pkgops.pipeline.object_store import ObjectStore
from pkgops.pipeline.required_watches import Scope, owners_in, planned, reachable_kinds, required_watches

CARTO = "carto.run/v1alpha1"
ROOTS = {"Workload", "ClusterSupplyChain", "ClusterDelivery", "Event"}


def owner(kind="Workload", name="hello", namespace="default", stamped=(), blueprint=""):
    refs = [
        {
            "name": str(place),
            "stampedRef": {"apiVersion": api, "kind": kind, "namespace": namespace, "name": name},
        }
        for place, (api, kind) in enumerate(stamped)
    ]
    status = {"resources": refs}
    if blueprint:
        status["supplyChainRef"] = {"kind": "ClusterSupplyChain", "name": blueprint}
    return {
        "apiVersion": CARTO,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, "uid": f"{namespace}/{name}"},
        "status": status,
    }


def obj(api, kind, name="hello", namespace="default", owner=None, **body):
    meta = {"name": name, "namespace": namespace, "uid": f"{kind}/{name}", **body.pop("meta", {})}
    meta |= {"ownerReferences": [{"uid": owner, "kind": "x"}]} if owner else {}
    return {"apiVersion": api, "kind": kind, "metadata": meta, **body}


def world(*objects):
    found = ObjectStore()
    for one in objects:
        found.apply("ADDED", one)
    return found


def watched(focus, *objects):
    return {(one.kind, one.namespace) for one in required_watches(world(*objects), focus)}


FOCUS = Scope("default", "hello", (("dev", "apps-dev"), ("prod", "apps-prod")))


def test_a_run_begins_with_owners_blueprints_and_events():
    assert watched(Scope("default")) == {
        ("Workload", "default"),
        ("ClusterSupplyChain", ""),
        ("ClusterDelivery", ""),
        ("Event", "default"),
    }
    assert watched(FOCUS) - watched(Scope("default")) == {
        (kind, space) for kind in ("Deliverable", "Event") for space in ("apps-dev", "apps-prod")
    }


@pytest.mark.parametrize(
    ("stamped", "more"),
    [
        ([("source.toolkit.fluxcd.io/v1", "GitRepository")], {"GitRepository"}),
        ([("kpack.io/v1alpha2", "Image")], {"Image", "Build", "Pod"}),
        ([(CARTO, "Runnable")], {"Runnable", "TaskRun", "Pod"}),
        ([("v1", "ConfigMap")], {"ConfigMap"}),
        ([("example.com/v1", "Strange")], {"Strange"}),
    ],
)
def test_what_is_stamped_leads_to_what_works_for_it(stamped, more):
    found = watched(Scope("default", "hello"), owner(stamped=stamped))
    assert more <= {kind for kind, _ in found} - ROOTS
    assert "PipelineRun" not in {kind for kind, _ in found}


def test_the_workload_of_another_name_leads_nowhere():
    other = owner(name="other", stamped=[("kpack.io/v1alpha2", "Image")])
    assert watched(Scope("default", "hello"), other) == watched(Scope("default", "hello"))
    assert ("Image", "default") in watched(Scope("default"), other)


def test_a_child_that_the_status_does_not_name_yet_is_watched_too():
    child = obj("source.toolkit.fluxcd.io/v1", "GitRepository", owner="default/hello")
    assert ("GitRepository", "default") in watched(Scope("default", "hello"), owner(), child)


RUNNABLE = obj(CARTO, "Runnable")
LABELS = {"carto.run/runnable-name": "hello"}


def told(message):
    return {
        **obj("v1", "Event", "e"),
        "involvedObject": {"kind": "Runnable", "namespace": "default", "name": "hello"},
        "message": message,
    }


def task_run(owner_kind):
    meta = {"labels": LABELS, "ownerReferences": [{"kind": owner_kind, "uid": "x"}]}
    return obj("tekton.dev/v1", "TaskRun", "run", meta=meta)


def condition(message):
    entry = {"type": "StampedObjectCondition", "status": "Unknown", "message": message}
    return obj(CARTO, "Runnable", status={"conditions": [entry]})


@pytest.mark.parametrize(
    ("objects", "pipelines"),
    [
        ([RUNNABLE], False),
        ([RUNNABLE, told("created pipelinerun hello-1")], True),
        ([RUNNABLE, told("pipelineruns.tekton.dev is forbidden")], True),
        ([RUNNABLE, told("created taskrun hello-1")], False),
        ([condition("Tasks Completed: 1 (Failed: 0), Incomplete: 2")], True),
        ([condition("not all Tasks Completed: yet")], False),
        ([RUNNABLE, task_run("PipelineRun")], True),
        ([RUNNABLE, task_run("Runnable")], False),
        # Its TaskRuns tell, whatever an Event of before said.
        ([RUNNABLE, task_run("Runnable"), told("created pipelinerun hello-1")], False),
    ],
)
def test_pipeline_runs_are_watched_only_where_there_are_any(objects, pipelines):
    found = watched(Scope("default", "hello"), owner(stamped=[(CARTO, "Runnable")]), *objects)
    assert (("PipelineRun", "default") in found) is pipelines


def deployed(*kinds):
    entries = [{"group": group, "kind": kind} for group, kind in kinds]
    app = obj("kappctrl.k14s.io/v1alpha1", "App", namespace="apps-dev")
    app["status"] = {"deploy": {"kapp": {"associatedResources": {"groupKinds": entries}}}}
    return app


@pytest.mark.parametrize(
    ("kinds", "more", "less"),
    [
        ([("serving.knative.dev", "Service")], {"Service", "Revision"}, set()),
        ([("apps", "Deployment")], {"Deployment"}, {"Service"}),
        ([("", "ConfigMap")], set(), {"Service", "ConfigMap"}),
        ([], set(), {"Service", "Deployment"}),
    ],
)
def test_what_an_app_deployed_is_watched_in_its_namespace(kinds, more, less):
    install = [("packaging.carvel.dev/v1alpha1", "PackageInstall")]
    deliverable = owner("Deliverable", namespace="apps-dev", stamped=install)
    found = watched(FOCUS, deliverable, deployed(*kinds))
    here = {kind for kind, space in found if space == "apps-dev"}
    assert {"PackageInstall", "App"} | more <= here
    assert not less & here


def test_what_may_ever_be_wanted_has_all_that_may_be_deployed():
    found = {kind for _, kind in reachable_kinds([("packaging.carvel.dev/v1alpha1", "PackageInstall")])}
    assert {"PackageInstall", "App", "Service", "Revision", "Deployment", "Pod"} <= found
    assert {kind for _, kind in reachable_kinds([("v1", "ConfigMap")])} == {"ConfigMap"}
    assert reachable_kinds([]) == set()


def names(found):
    return [f"{one['metadata']['namespace']}/{one['metadata']['name']}" for one in found]


OWNERS = [owner(), owner(name="other"), owner(namespace="elsewhere")]
DELIVERABLES = [owner("Deliverable", "d", space) for space in ("apps-dev", "apps-qa")]


@pytest.mark.parametrize(
    ("focus", "found"),
    [
        (Scope("default", "hello"), ["default/hello", "apps-dev/d", "apps-qa/d"]),
        (Scope("default"), ["default/hello", "default/other", "apps-dev/d", "apps-qa/d"]),
        (FOCUS, ["default/hello", "apps-dev/d"]),
        (Scope("nowhere"), ["apps-dev/d", "apps-qa/d"]),
    ],
)
def test_the_owners_of_a_focus(focus, found):
    assert names(owners_in(world(*OWNERS, *DELIVERABLES), focus)) == found


def test_the_stages_that_a_blueprint_plans():
    plan = obj(CARTO, "ClusterSupplyChain", "web", "", spec={"resources": [{"name": "one"}, {"name": "two"}]})
    one = owner(blueprint="web")
    assert list(planned(world(plan, one), one)) == ["one", "two"]
    assert list(planned(world(one), one)) == []
    assert list(planned(world(plan), owner())) == []
