"""Each environment is read, and written, on its own cluster: two in memory, each with its own objects."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from pathlib import Path

import pytest
from memory_api import MemoryApi
from shared_traces import recorded

from pkgops.errors import UsageError
from pkgops.flows import (
    clean,
    controllers,
    doctor_access,
    doctor_cluster,
    logs,
    read_snapshot,
    rerun,
    status,
    why,
)
from pkgops.flows import open as opened
from pkgops.flows.doctor_report import Result
from pkgops.flows.ports import Ports
from pkgops.flows.run import failure
from pkgops.flows.run.outcome import Outcome
from pkgops.flows.target import Target
from pkgops.kube import connect, retry
from pkgops.kube.errors import status_error
from pkgops.model import Blockage, CauseCode, ObjectRef, State, Verdict
from pkgops.settings import EnvironmentSetting, Origin, Overrides, load
from pkgops.values import replace

PROMOTED = 60
"""When the recorded package runs in both environments."""
NAME = "hello-go-web2pkg"
THERE = "apps-prod"
ENVIRONMENTS = [
    {"name": "apps-dev", "namespace": "apps-dev"},
    {"name": THERE, "namespace": THERE, "context": "there"},
]


def objects():
    """The recorded objects at that moment, by their references."""
    last = {}
    for line in recorded("second-run").lines:
        if line.t <= PROMOTED and line.object["kind"] != "Event":
            last[ObjectRef.of(line.object)] = None if line.type == "DELETED" else line.object
    return {ref: obj for ref, obj in last.items() if obj is not None}


def now():
    return recorded("second-run").began + timedelta(seconds=PROMOTED)


PORTS = Ports(now=now)


@pytest.fixture
def apis():
    """The cluster of the workload and of apps-dev, and that of apps-prod."""
    found = MemoryApi(), MemoryApi()
    for ref, obj in objects().items():
        if ref.namespace != THERE:
            found[0].put(obj)
        if ref.namespace in (THERE, ""):
            found[1].put(obj)
    for api in found:
        api.namespaces("default", "apps-dev", THERE)
    yield found
    for api in found:
        api.close()


def target_of(folder: Path, here: str, there: str, environments=ENVIRONMENTS) -> Target:
    servers = {"here": here, "there": there}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [{"name": name, "cluster": {"server": url}} for name, url in servers.items()],
        "users": [{"name": "jane", "user": {"token": "jane"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": "jane"}} for name in servers],
    }
    path = folder / "kubeconfig"
    path.write_text(json.dumps(config))
    path.chmod(0o600)
    values = {"pkgops": {"kubeconfig": str(path), "context": "here", "environments": environments}}
    settings = load(Overrides(), {}, folder).with_overrides(values, Origin("test"))
    return Target(name="here", client=connect(path, "here"), settings=settings, confirms=True)


@pytest.fixture
def target(apis, tmp_path):
    return target_of(tmp_path, *(api.url for api in apis))


@pytest.fixture
def cut_off(apis, tmp_path, monkeypatch):
    """The same with a second cluster that nobody answers at."""
    monkeypatch.setattr(retry, "FIRST_CONTACT_SECONDS", 0.1)
    return target_of(tmp_path, apis[0].url, "http://127.0.0.1:1")


def serving_pod(target):
    snapshot = read_snapshot.read_snapshot(target, NAME, PORTS)
    found = read_snapshot.environment(snapshot, THERE)
    (pod, *_) = [pod for stage in found.stages for pod in stage.pods]
    return pod


def recorded_pod():
    refs = [ref for ref in objects() if ref.kind == "Pod" and ref.namespace == THERE]
    return refs[0]


def failing(api):
    """The pod of apps-prod, whose application ends again and again."""
    pod = copy.deepcopy(objects()[recorded_pod()])
    name = pod["status"]["containerStatuses"][0]["name"]
    pod["status"]["containerStatuses"][0]["lastState"] = {"terminated": {"exitCode": 1}}
    api.put(pod)
    api.logs[(THERE, pod["metadata"]["name"], name)] = "it does not find its port\n"
    return ObjectRef.of(pod)


def cause_there(pod):
    return Blockage(
        code=CauseCode.CRASH_LOOP, cause="it ends again and again", object=pod, stage="serve", scope=THERE
    )


def test_a_snapshot_is_of_both_clusters(target):
    (snapshot,) = status.status(target, NAME, PORTS)
    assert {env.name: env.verdict for env in snapshot.environments} == {
        "apps-dev": Verdict.READY,
        THERE: Verdict.READY,
    }


def test_a_namespace_is_on_the_cluster_of_its_environment(target):
    found = target.clusters
    assert [found.of_namespace(name).name for name in ("default", "apps-dev", THERE, "")] == [
        "here",
        "here",
        "there",
        "here",
    ]
    assert found.of_namespace(THERE) is target.clusters.of_namespace(THERE)
    assert [client.name for client in found.all()] == ["here", "there"]


def test_the_logs_of_an_environment_are_those_of_its_cluster(target, apis):
    pod = serving_pod(target)
    for api, text in zip(apis, ("wrong", "right"), strict=True):
        api.logs[(THERE, pod.name, "workload")] = f"{text}\n"
    wanted = logs.LogQuery(environment=THERE)
    found = [line for line in logs.logs(target, NAME, wanted, PORTS) if line.container == "workload"]
    assert [line.text for line in found] == ["right"]


def test_followed_logs_of_an_environment_are_those_of_its_cluster(target, apis):
    pod = serving_pod(target)
    for api, text in zip(apis, ("wrong", "right"), strict=True):
        api.logs[(THERE, pod.name, "workload")] = f"{text}\n"
    lines = logs.follow(target, NAME, logs.LogQuery(environment=THERE), PORTS)
    found = next(line for line in lines if line.container == "workload")
    lines.close()
    assert found.text == "right"


def test_the_end_of_a_log_is_of_the_pods_own_cluster(target, apis):
    pod = failing(apis[1])
    assert "it does not find its port" in failure.log_end(target.clusters, pod)
    snapshot = read_snapshot.read_snapshot(target, NAME, PORTS)
    error = failure.explain(target.clusters, Outcome(Verdict.FAILED, snapshot, cause_there(pod)))
    assert error.why.endswith("it does not find its port")


def test_a_cluster_that_does_not_answer_does_not_take_the_place_of_the_failure(cut_off, apis):
    snapshot = read_snapshot.read_snapshot(cut_off, NAME, PORTS)
    cause = cause_there(recorded_pod())
    error = failure.explain(cut_off.clusters, Outcome(Verdict.FAILED, snapshot, cause))
    assert (error.what, error.slug) == ("it ends again and again", "crash-loop")
    assert "unknown: cannot reach the API server of there" in error.why
    snapshot = replace(snapshot, blockages=(cause,))
    (told,) = why.explain(cut_off.clusters, NAME, snapshot).blockages
    assert told.cause == cause.cause
    assert "unknown: cannot reach the API server of there" in told.evidence[-1].text


def test_a_context_that_does_not_exist_does_not_take_the_place_of_the_failure(apis, tmp_path):
    environments = [ENVIRONMENTS[0], {**ENVIRONMENTS[1], "context": "nowhere"}]
    target = target_of(tmp_path, apis[0].url, apis[1].url, environments)
    told = failure.log_end(target.clusters, recorded_pod())
    assert told.startswith(f"--- the log of {recorded_pod()}\nunknown: ")
    assert "nowhere" in told


def test_why_tells_the_others_where_a_cluster_does_not_answer(cut_off):
    found = why.why(cut_off, NAME, PORTS)
    assert [(cause.scope, cause.code) for cause in found.blockages] == [(THERE, CauseCode.NOT_REACHABLE)]
    assert int(found.exit_code) == 3


def test_a_stage_of_an_environment_is_started_again_on_its_cluster(target, apis):
    snapshot = read_snapshot.read_snapshot(target, NAME, PORTS)
    stages = [one for one in snapshot.all_stages if one.scope == THERE]
    stage = next(one for one in stages if one.object.kind == "ImageRepository")
    done = rerun.rerun(target, NAME, stage.name, PORTS, THERE)
    written = [[path for method, path in api.requests if method == "PATCH"] for api in apis]
    assert done.object == stage.object
    assert written[0] == []
    assert [stage.object.name in path for path in written[1]] == [True]


def deployment(name, replicas, ready):
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "kapp-controller"},
        "spec": {"replicas": replicas, "template": {"metadata": {"labels": {"app": name}}}},
        "status": {"readyReplicas": ready},
    }


def test_a_controller_that_is_away_is_that_of_the_environments_cluster(target, apis):
    apis[0].put(deployment("kapp-controller", 1, 1))
    apis[1].put(deployment("kapp-controller", 0, 0))
    app = ObjectRef("kappctrl.k14s.io/v1alpha1", "App", THERE, "x")
    cause = Blockage(
        code=CauseCode.CONTROLLER_SILENT,
        cause="it has not looked",
        object=app,
        stage="deployer",
        scope=THERE,
        state=State.WAITING,
    )
    assert "is scaled to zero" in controllers.named(target, cause).evidence[-1].text
    here = Blockage(
        code=CauseCode.CONTROLLER_SILENT,
        cause="it has not looked",
        object=ObjectRef(app.api_version, "App", "apps-dev", "x"),
        state=State.WAITING,
    )
    assert "1 of 1 ready pods" in controllers.named(target, here).evidence[-1].text


def test_a_webhook_that_is_away_is_that_of_the_cluster_that_was_asked(target, apis):
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "hook", "namespace": "kapp-controller"},
        "spec": {"selector": {"app": "kapp-controller"}},
    }
    for api, ready in zip(apis, (1, 0), strict=True):
        api.put(service, deployment("kapp-controller", 1, ready))
    text = 'failed calling webhook "h": Post "https://hook.kapp-controller.svc:443/x": connection refused'
    error = status_error({"reason": "InternalError", "message": text}, 500)
    assert "does not answer nevertheless" in controllers.explain(target, error).what
    apis[1].fail("GET", f"/namespaces/{THERE}/secrets", 500, "InternalError", text)
    with pytest.raises(type(error)) as caught:
        target.clusters.of_namespace(THERE).retrying(0).get("v1", "Secret", "x", THERE)
    assert "0 of 1 ready pods" in controllers.explain(target, caught.value).what


def test_the_doctor_looks_for_accounts_secrets_and_namespaces_where_they_are_used(target, apis):
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "own", "namespace": THERE}}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "registry-credentials", "namespace": THERE},
    }
    apis[1].put(account, secret)
    owner = {"kind": "Deliverable", "metadata": {"name": "d"}, "spec": {"serviceAccountName": "own"}}
    found = {check.message: check.result for check in doctor_access.accounts(target, [owner])}
    assert found["service account own in apps-prod may create what the templates stamp"] is Result.OK
    assert found["service account own in apps-dev does not exist yet"] is Result.WARNING
    secrets = {check.message: check.result for check in doctor_access.secrets(target, [])}
    assert secrets["secret registry-credentials is in apps-prod"] is Result.OK


def test_the_doctor_sends_nobody_to_templates_that_do_not_make_what_is_missing(target):
    owner = {"kind": "Deliverable", "metadata": {"name": "d"}, "spec": {"serviceAccountName": "own"}}
    account = {"kind": "ServiceAccount", "metadata": {"name": "own", "namespace": "apps-dev"}}
    elsewhere = {"kind": "Secret", "metadata": {"name": "registry-credentials", "namespace": "elsewhere"}}
    placed = {"kind": "Secret", "metadata": {"name": "registry-credentials"}}

    def fixes(*objects):
        found = [*doctor_access.accounts(target, [owner, *objects]), *doctor_access.secrets(target, objects)]
        return {check.message: check.fix for check in found if check.result is Result.WARNING}

    missing = ("service account own in apps-dev does not exist yet",
               "secret registry-credentials is missing in apps-dev")  # fmt: skip
    made = fixes(account, placed)
    assert {made[one] for one in missing} == {"pkgops supplychain up"}
    by_hand = fixes(elsewhere)
    assert by_hand[missing[0]].startswith("kubectl create serviceaccount own -n apps-dev")
    assert by_hand[missing[1]].startswith(
        "kubectl create secret docker-registry registry-credentials -n apps-dev"
    )


def test_the_doctor_goes_on_where_a_cluster_does_not_answer(cut_off):
    owner = {"kind": "Deliverable", "metadata": {"name": "d"}, "spec": {}}
    for checks in (
        doctor_access.accounts(cut_off, [owner]),
        doctor_access.secrets(cut_off, []),
        doctor_cluster.namespaces(cut_off),
    ):
        *_, last = checks
        assert last.result is Result.UNKNOWN
        assert "cannot reach the API server of there" in last.message


def test_what_is_left_is_looked_for_on_both_clusters(target):
    found = clean.remaining(target).objects
    assert {ref.namespace for ref in found if ref.kind == "Deliverable"} == {"apps-dev", THERE}


def test_the_application_is_reached_on_the_environments_cluster(target):
    assert opened.find(target, NAME, THERE, PORTS).client.name == "there"
    assert opened.find(target, NAME, "apps-dev", PORTS).client.name == "here"


def test_two_environments_of_one_namespace_on_two_clusters_are_refused_and_not_mixed(apis, tmp_path):
    environments = [ENVIRONMENTS[1], {**ENVIRONMENTS[1], "name": "here-too", "context": "here"}]
    target = target_of(tmp_path, apis[0].url, apis[1].url, environments)
    with pytest.raises(UsageError) as error:
        status.status(target, NAME, PORTS)
    assert error.value.slug == "same-namespace"
    assert "apps-prod and here-too both have namespace apps-prod, on two clusters" in error.value.what
    other = EnvironmentSetting(name="here-too", namespace=THERE, context="here")
    assert target.clusters.scope("default", NAME, [other]).environments == (("here-too", THERE),)
    assert target.clusters.preferring([other]).of_namespace(THERE).name == "here"


def test_the_doctor_lists_each_namespace_once(apis, tmp_path):
    environments = [{"name": "dev", "namespace": "default"}, ENVIRONMENTS[1]]
    made = target_of(tmp_path, *(api.url for api in apis), environments=environments)
    told = [check.message for check in doctor_cluster.namespaces(made)]
    assert told == ["namespace default exists", "namespace apps-prod exists"]
    assert len(list(doctor_access.secrets(made, []))) == 2
