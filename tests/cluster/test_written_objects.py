"""Objects as people write them, applied as they stand: each does what it does on the real systems."""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from delivery_kit import APP, KNATIVE, Delivery
from local_kit import client, cluster, condition, namespace, wait_for
from written_cases import Obj, documents, named

from pkgops.formats import yaml
from pkgops.kube import Invalid
from pkgops.oci import ImageRef, RegistryClient
from pkgops.oci.bundle import build_image, push

pytestmark = pytest.mark.cluster
__all__ = ["client", "cluster", "namespace"]

TEKTON, RBAC = "tekton.dev/v1", "rbac.authorization.k8s.io"
SERVER = """import http.server, os
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        self.wfile.write((os.environ.get("GREETING", "") + os.environ.get("FROM_SECRET", "")).encode())
http.server.HTTPServer(("", int(os.environ["PORT"])), H).serve_forever()
"""
STEP_ONE = [
    "args=3 <b c> <$HOME>",
    # An environment variable's value: kubelet takes two dollars for one.
    'msg=it\'s "quoted" $x $(date) Hello$World',
    "literal $(notavar) localhost",
    "from-sidecar",
]
RUNS = {
    "TaskRun/r-git": 'resolver "git" is not part of the local platform',
    "TaskRun/r-stepaction": 'stepactions.tekton.dev "sa" not found',
    "TaskRun/r-when": "",
    "TaskRun/r-compute": "",
    "TaskRun/r-stepspecs": "",
    "TaskRun/r-extraparam": "",
    "TaskRun/r-resources": "",
    "TaskRun/r-volumeclaim": "",
}
"""Of each TaskRun that is not refused, with what words it fails; empty where it succeeds."""


@pytest.fixture(scope="module")
def at(client, cluster, namespace) -> Delivery:
    """A namespace whose default account may do everything in it, with all that is waited for begun."""
    found = Delivery(client, cluster, namespace)
    admin = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"}
    subject = {"kind": "ServiceAccount", "name": "default", "namespace": namespace}
    found.create(f"{RBAC}/v1", "RoleBinding", "default", roleRef=admin, subjects=[subject])
    for obj in begun(found):
        # What admission refuses is held by the unit tests.
        with contextlib.suppress(Invalid):
            apply(found, obj)
    return found


def begun(at: Delivery) -> list[Obj]:
    for version in ("1.0.0", "1.1.0", "2.0.0", "latest"):
        pushed(at, f"ver:{version}", {"a.yml": config_map("tagsel", version)})
    pushed(at, "files:1.0.0", {"pick/a.yml": config_map("picked", "x"), "b.yml": config_map("beside", "x")})
    whole = documents("06/in.yaml.tpl", IMG=at.image)
    whole[0]["spec"]["sidecars"].append({"name": "ended", "image": at.image, "script": "true"})
    return [
        *whole,
        *documents("06/in2.yaml.tpl", IMG=at.image, **{"name: many": "name: plain"}),
        *documents("07/in.yaml", IMG=at.image),
        *services(at, documents("12/in.yaml.tpl", **{"REG/t10/web": at.image})),
        *documents("18/in.yaml.tpl", REG=at.registry, t18=at.namespace),
        told(at, "1"),
    ]


def apply(at: Delivery, obj: Obj) -> None:
    at.client.apply({**obj, "metadata": {**obj["metadata"], "namespace": at.namespace}})


def services(at: Delivery, objects: list[Obj]) -> list[Obj]:
    """Give each Service the program that its image has there."""
    for obj in objects:
        if obj["kind"] == "Service":
            [container] = obj["spec"]["template"]["spec"]["containers"]
            container["command"] = ["python3", "-c", SERVER]
    return objects


def config_map(name: str, value: str) -> str:
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"v": value}}
    return json.dumps(obj)


def pushed(at: Delivery, name: str, files: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_text(text)
        reference = ImageRef.parse(f"{at.registry}/{at.namespace}/{name}")
        push(RegistryClient(), reference, build_image([Path(folder)], bundle=False))


def told(at: Delivery, version: str) -> Obj:
    """Return the App by whose resources people have kapp do other than the usual, at one of two versions."""
    objects = documents("09/res.tpl", NS=at.namespace, VER=version, IMG=at.image)
    flags = ["--apply-default-update-strategy=fallback-on-replace", "--diff-changes=true"]
    spec = {
        "serviceAccountName": "default",
        "fetch": [{"inline": {"paths": {"res.yml": yaml.dump_all(objects)}}}],
        "template": [{"ytt": {}}],
        "deploy": [{"kapp": {"rawOptions": flags}}],
    }
    return {"apiVersion": APP, "kind": "App", "metadata": {"name": "told"}, "spec": spec}


def ended(at: Delivery, name: str) -> Obj:
    def found() -> Obj | None:
        run = at.get(TEKTON, "TaskRun", name)
        return run if condition(run, "Succeeded").get("status") in ("True", "False") else None

    return wait_for(f"the end of {name}", found)


def log(at: Delivery, run: str, step: str) -> list[str]:
    return list(at.client.logs(at.namespace, f"{run}-pod", f"step-{step}"))


def test_runs_end_as_in_tekton(at: Delivery) -> None:
    """Said of each: success, or a failure with its words."""
    for name, said in RUNS.items():
        found = condition(ended(at, name.partition("/")[2]), "Succeeded")
        assert (found["status"] == "True") is not said, (name, found)
        assert said in found["message"]
    [step] = ended(at, "r-when")["status"]["steps"]
    assert (step["terminationReason"], step["terminated"]["exitCode"]) == ("Skipped", 0)
    assert "hi" not in log(at, "r-when", "a")
    missing = [named(obj) for obj in documents("07/in.yaml") if named(obj) not in RUNS]
    assert [name for name in missing if at.find(TEKTON, *name.split("/"))] == []


@pytest.mark.parametrize(("task", "run"), [("many", "many-1"), ("plain", "plain-1")])
def test_what_people_put_into_one_task(at: Delivery, task: str, run: str) -> None:
    """A server beside the steps, defaults of all types, results between steps, an unbound workspace."""
    status = ended(at, run)["status"]
    assert condition({"status": status}, "Succeeded")["status"] == "True", status
    assert {one["name"]: one["value"] for one in status["results"]} == {
        "digest": "sha256:1234",
        "list": ["x", "y"],
        "obj": {"a": "1"},
    }
    first = f"first=-a run={run} task={task} opt=false retry=0"
    assert log(at, run, "one") == [*STEP_ONE[:2], first, *STEP_ONE[2:]]
    assert log(at, run, "two") == ["data", "sha256:1234", "code=7", "inner=abc"]


def test_what_people_tell_kapp_to_do_otherwise_counts(at: Delivery) -> None:
    at.condition(APP, "App", "told", "ReconcileSucceeded")
    nonce = at.get("v1", "ConfigMap", "nonce")["metadata"]["annotations"]["kapp.k14s.io/nonce"]
    live = at.get("v1", "ConfigMap", "rebased")
    at.client.update({**live, "data": {**live["data"], "kept": "live"}})
    frozen = at.get("v1", "ConfigMap", "frozen")["metadata"]["uid"]

    at.patch(APP, "App", "told", fetch=told(at, "2")["spec"]["fetch"])
    app = at.condition(APP, "App", "told", "ReconcileSucceeded")
    names = {obj["metadata"]["name"] for obj in at.client.list("v1", "ConfigMap", at.namespace).items}
    assert {"versioned-ver-1", "versioned-ver-2"} <= names
    assert "versioned" not in names
    pod = at.get("apps/v1", "Deployment", "user")["spec"]["template"]["spec"]
    assert pod["containers"][0]["envFrom"] == [{"configMapRef": {"name": "versioned-ver-2"}}]
    assert at.get("v1", "ConfigMap", "nonce")["metadata"]["annotations"]["kapp.k14s.io/nonce"] != nonce
    assert at.get("v1", "Service", "nolabel")["spec"]["selector"] == {"app": "x"}
    assert at.get("v1", "ConfigMap", "rebased")["data"] == {"kept": "live", "v": "2"}
    replaced = at.get("v1", "ConfigMap", "frozen")
    assert (replaced["data"], replaced["metadata"]["uid"] == frozen) == ({"v": "2"}, False)
    printed = app["status"]["deploy"]["stdout"]
    assert any(line.split()[1:] == ["-", "v:", '"1"'] for line in printed.splitlines()), printed
    at.client.delete(APP, "App", "told", at.namespace)
    at.gone(APP, "App", "told")
    assert at.get("v1", "ConfigMap", "owned")["data"] == {"v": "2"}


def test_sources_and_options_of_an_app_count(at: Delivery) -> None:
    for name in ("subpath", "tagsel", "opts"):
        at.condition(APP, "App", name, "ReconcileSucceeded")
    assert at.get("v1", "ConfigMap", "picked")["data"] == {"v": "x"}
    assert at.find("v1", "ConfigMap", "beside") is None
    assert at.get("v1", "ConfigMap", "tagsel")["data"] == {"v": "1.1.0"}
    # A string is a template only where an annotation of ytt says so.
    assert at.get("v1", "ConfigMap", "opts")["data"] == {"x": '(@= "1" @)'}
    at.client.delete(APP, "App", "opts", at.namespace)
    useful = wait_for("why it stays", lambda: at.get(APP, "App", "opts")["status"].get("usefulErrorMessage"))
    assert "'--apply-ignored' is not available on the local platform" in useful
    at.patch(APP, "App", "opts", deploy=[{"kapp": {}}])
    at.gone(APP, "App", "opts")


def test_services_answer_where_they_should(at: Delivery) -> None:
    ready(at, "split-v1", "split")
    private = ready(at, "private-00001", "private")
    for obj in services(at, documents("12/split2.yaml.tpl", **{"REG/t10/web": at.image})):
        apply(at, obj)
    status = ready(at, "split-v2", "split")["status"]
    asked = {entry["tag"]: entry["url"] for entry in status["traffic"]}
    assert {tag: answer(url) for tag, url in asked.items()} == {
        "current": "one",
        "candidate": "two",
        "latest": "two",
    }
    assert answer(status["url"]) == "one"

    assert private["status"]["url"] == f"http://private.{at.namespace}.svc.cluster.local"
    outside = status["url"].replace("split.", "private.")
    assert "it is cluster-local" in answer(outside)
    deployment = at.get("apps/v1", "Deployment", "private-00001-deployment")["spec"]
    [container] = deployment["template"]["spec"]["containers"]
    assert (deployment["replicas"], container["livenessProbe"]["httpGet"]["port"]) == (2, 9000)
    step = {"name": "ask", "image": at.image, "script": f"curl -sf {private['status']['url']}"}
    at.create(TEKTON, "TaskRun", "ask", spec={"taskSpec": {"steps": [step]}})
    assert condition(ended(at, "ask"), "Succeeded")["status"] == "True"
    assert log(at, "ask", "ask") == ["onefrom-secret"]


def ready(at: Delivery, revision: str, name: str) -> Obj:
    def found() -> Obj | None:
        service = at.get(KNATIVE, "Service", name)
        latest = (service.get("status") or {}).get("latestReadyRevisionName")
        is_ready = condition(service, "Ready").get("status") == "True"
        return service if is_ready and latest == revision else None

    return wait_for(f"{revision} to be ready", found)


def answer(url: str) -> str:
    """Return what the gateway answers for a host; it follows the Route within a moment."""
    host, _, port = url.removeprefix("http://").partition(":")
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"Host": f"{host}:{port}"})
    for _ in range(50):
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return response.read().decode().strip()
        except urllib.error.HTTPError as error:
            text = error.read().decode()
            if "cluster-local" in text:
                return text
            time.sleep(0.2)
    return ""
