"""Reaching the application without the right to: who may not do what, where, and which Role lets them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pkgops.errors import Exit, PreflightError
from pkgops.flows import open as opening
from pkgops.flows import probe
from pkgops.flows.first_answer import first_answer
from pkgops.flows.ports import Ports
from pkgops.flows.target import Target
from pkgops.kube import Denied
from pkgops.model import Environment, Output, Stage, StageStatus, State, Verdict
from pkgops.model.objects import ObjectRef
from pkgops.settings import EnvironmentSetting

DIGEST = "sha256:" + "a" * 64
IMAGE = f"registry.example.com/app@{DIGEST}"
POD = ObjectRef("v1", "Pod", "apps-dev", "hello-1")
PATH = "/api/v1/namespaces/apps-dev/pods/hello-1"
SERVING = {
    "metadata": {"name": "hello-1", "namespace": "apps-dev"},
    "spec": {"containers": [{"name": "workload", "image": IMAGE, "ports": [{"containerPort": 8080}]}]},
    "status": {
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [{"name": "workload", "ready": True, "imageID": IMAGE}],
    },
}


def refusal(resource: str, text: str = "") -> dict:
    told = f'pods "hello-1" is forbidden: User "jane" cannot get resource "{resource}" in API group "" '
    return {"kind": "Status", "reason": "Forbidden", "message": text or f'{told}in the namespace "apps-dev"'}


@pytest.fixture
def pods(api, client):
    """A client to a cluster with a serving pod that may be read, and not be reached."""
    api.kinds["pods"] = "Pod"
    for _ in range(3):
        api.answer_next("GET", PATH, 200, SERVING, {})
    api.answer_next("GET", f"{PATH}/portforward", 403, refusal("pods/portforward"), {})
    return client


def environment() -> Environment:
    status = StageStatus(state=State.DONE, output=Output(image=IMAGE))
    about = {"scope": "apps-dev", "title": "Serve application", "object": POD, "leaf": POD, "pods": (POD,)}
    stage = Stage(name="serve", **about, status=status)
    return Environment(
        name="apps-dev", namespace="apps-dev", owner=None, stages=(stage,), verdict=Verdict.READY, image=IMAGE
    )


def told(caught, role: str) -> None:
    assert "jane may not get pods/portforward in apps-dev" in caught.value.what
    assert caught.value.next == f"pkgops doctor --rbac {role}"
    assert (caught.value.slug, caught.value.exit_code) == ("forbidden", Exit.UNREACHABLE)


@pytest.mark.parametrize("role", [probe.DELIVER, probe.PROMOTE])
def test_open_names_the_right_that_is_missing(pods, role):
    forward = opening.PortForward(pods, POD, "apps-dev", role)
    with pytest.raises(PreflightError) as caught:
        opening.hold(forward, 0, Ports(), None)
    told(caught, role)


@pytest.mark.parametrize(("to", "role"), [("dev", "deliver"), ("prod", "promote"), ("apps", "")])
def test_the_role_to_ask_for_is_one_that_reaches_the_environment(to, role):
    names = tuple(EnvironmentSetting(name=name, namespace=name) for name in ("dev", "prod"))
    target = Target(
        name="there", client=SimpleNamespace(), settings=SimpleNamespace(environments=names), confirms=True
    )
    assert probe.role_of(target, to) == role


def test_no_role_is_named_that_does_not_reach_it(pods):
    with pytest.raises(PreflightError) as caught, probe.forwarded(pods, POD, role=""):
        pass
    assert "--rbac" not in caught.value.next
    assert caught.value.next


def test_a_run_that_may_not_ask_the_application_says_the_same(pods):
    with pytest.raises(PreflightError) as caught:
        first_answer(pods, environment(), Ports(), probe.PROMOTE)
    told(caught, "promote")


def test_without_the_right_to_read_pods_it_is_unknown_whether_one_is_ready(api, client):
    api.kinds["pods"] = "Pod"
    api.answer_next("GET", PATH, 403, refusal("pods"), {})
    with pytest.raises(PreflightError) as caught:
        probe.ready_pod(client, (POD,), IMAGE)
    assert caught.value.what == (
        "unknown whether pod/hello-1 in apps-dev is ready: jane may not get pods in apps-dev"
    )


def test_what_a_webhook_denies_is_no_matter_of_rights(api, client):
    api.kinds["pods"] = "Pod"
    text = 'admission webhook "guard" denied the request: not today'
    api.answer_next("GET", PATH, 200, SERVING, {})
    api.answer_next("GET", f"{PATH}/portforward", 403, refusal("", text), {})
    with pytest.raises(Denied, match="not today"), probe.forwarded(client, POD):
        pass
