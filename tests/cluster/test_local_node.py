"""What pods find on the local cluster: logs, exec, DNS, volumes, accounts, the way out."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import time
import urllib.request

import pytest
from local_kit import wait_for

from pkgops.local import network, objects, state

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def space(kubectl):
    name = f"t-node-{secrets.token_hex(3)}"
    kubectl("create", "namespace", name)
    wait_for("the account", lambda: "default" in kubectl("-n", name, "get", "serviceaccount", "-o", "name"))
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="module")
def run(kubectl, instance, space):
    """Runs a script in a pod of its own to its end and returns what it printed."""

    def run(script, **spec):
        name = f"run-{secrets.token_hex(3)}"
        container = {
            "name": "main",
            "image": instance.images["toolbox"],
            "command": ["bash", "-ceu", script],
            **spec.pop("container", {}),
        }
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": space},
            "spec": {"restartPolicy": "Never", "containers": [container], **spec},
        }
        kubectl("apply", "-f", "-", stdin=json.dumps(pod))

        def phase():
            found = kubectl("-n", space, "get", "pod", name, "-o", "jsonpath={.status.phase}")
            return found if found in ("Succeeded", "Failed") else ""

        ended = wait_for(f"the end of {name}", phase)
        log = kubectl("-n", space, "logs", name)
        assert ended == "Succeeded", log
        return log

    return run


@pytest.fixture(scope="module")
def web(kubectl, instance, space):
    """A pod that answers http behind a Service."""
    script = "cd /tmp && echo hello from the pod > index.html && exec python3 -m http.server 8000"
    objects = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "web", "namespace": space, "labels": {"app": "web"}},
            "spec": {
                "terminationGracePeriodSeconds": 0,
                "containers": [
                    {
                        "name": "main",
                        "image": instance.images["toolbox"],
                        "command": ["bash", "-c", script],
                        "readinessProbe": {"httpGet": {"port": 8000}, "periodSeconds": 1},
                    }
                ],
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web", "namespace": space},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8000}]},
        },
    ]
    for obj in objects:
        kubectl("apply", "-f", "-", stdin=json.dumps(obj))
    kubectl("-n", space, "wait", "pod/web", "--for=condition=Ready", "--timeout=120s")
    return "web"


def test_the_node_is_ready(kubectl, instance):
    ready = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'
    assert kubectl("get", "node", instance.name, "-o", ready) == "True"


def test_logs(run):
    assert sorted(run("echo one; echo two >&2").split()) == ["one", "two"]


def test_exec(kubectl, space, web):
    assert kubectl("-n", space, "exec", web, "--", "cat", "/tmp/index.html") == "hello from the pod\n"


def test_port_forward(local_client, space, web):
    with local_client.port_forward(space, web, 8000) as port:
        answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30).read()
    assert answer == b"hello from the pod\n"


def test_services_are_found_by_name_from_every_namespace(run, space, web):
    names = ("web", f"web.{space}", f"web.{space}.svc.cluster.local")
    # Ready reaches the node's rules by way of the EndpointSlice and kube-proxy: until then the node refuses,
    # and only the last try is reported: the log has stderr too.
    until = "--retry 30 --retry-delay 1 --retry-connrefused --retry-max-time 60"
    script = "\n".join(
        f"curl -s {until} --max-time 20 http://{name}/ || echo {name}: curl ended with $?" for name in names
    )
    assert run(script).splitlines() == ["hello from the pod"] * 3


def test_an_account_reaches_the_api_with_its_rights_only(kubectl, run, space):
    token = "$(cat /var/run/secrets/kubernetes.io/serviceaccount/token)"
    authority = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
    url = f"https://kubernetes.default.svc/api/v1/namespaces/{space}/pods"
    bearer = f'-H "Authorization: Bearer {token}"'
    script = f'curl -s --cacert {authority} {bearer} -o /dev/null -w "%{{http_code}}" {url}'
    assert run(script) == "403"
    kubectl(
        "-n",
        space,
        "create",
        "rolebinding",
        "look",
        "--clusterrole=view",
        f"--serviceaccount={space}:default",
    )
    assert run(script) == "200"


def test_a_claim_of_the_default_class_keeps_its_content_from_pod_to_pod(kubectl, run, space):
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": space},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    kubectl("apply", "-f", "-", stdin=json.dumps(claim))
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    mounted = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    anyone = {"runAsUser": 1000, "runAsGroup": 1000}
    run("echo kept > /data/file", volumes=volumes, container=mounted, securityContext=anyone)
    assert run("cat /data/file", volumes=volumes, container=mounted) == "kept\n"
    volume = kubectl("-n", space, "get", "pvc", "data", "-o", "jsonpath={.spec.volumeName}")
    folder = state.find().data / "volumes" / volume
    assert (folder / "file").read_text() == "kept\n"
    kubectl("-n", space, "delete", "pod", "--field-selector=status.phase=Succeeded")
    kubectl("-n", space, "delete", "pvc", "data")
    wait_for("the volume to go", lambda: volume not in kubectl("get", "pv", "-o", "name"))
    wait_for("its folder to go", lambda: not folder.exists())


def test_a_claim_of_class_cache_finds_its_content_again(kubectl, run, space):
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "compiler", "namespace": space},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "1Gi"}},
            "storageClassName": "cache",
        },
    }
    volumes = [{"name": "cache", "persistentVolumeClaim": {"claimName": "compiler"}}]
    mounted = {"volumeMounts": [{"name": "cache", "mountPath": "/cache"}]}
    kubectl("apply", "-f", "-", stdin=json.dumps(claim))
    run("echo expensive > /cache/result", volumes=volumes, container=mounted)
    kubectl("-n", space, "delete", "pod", "--field-selector=status.phase=Succeeded")
    kubectl("-n", space, "delete", "pvc", "compiler")
    kubectl("apply", "-f", "-", stdin=json.dumps(claim))
    script = "cat /cache/result; rm /cache/result"
    assert run(script, volumes=volumes, container=mounted) == "expensive\n"
    shutil.rmtree(objects.kept_volumes() / space)


def test_what_is_owned_goes_with_its_owner(kubectl, space):
    kubectl("-n", space, "create", "configmap", "owner")
    uid = kubectl("-n", space, "get", "configmap", "owner", "-o", "jsonpath={.metadata.uid}")
    owned = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "owned",
            "namespace": space,
            "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid}],
        },
    }
    kubectl("apply", "-f", "-", stdin=json.dumps(owned))
    kubectl("-n", space, "delete", "configmap", "owner")
    wait_for(
        "the owned one to go", lambda: "owned" not in kubectl("-n", space, "get", "configmap", "-o", "name")
    )


def test_pods_reach_registry_and_git(run, instance):
    script = f"curl -sS http://{instance.registry}/v2/_catalog; git ls-remote {instance.git_url('hello-go')}"
    found = run(script)
    assert "pkgops/toolbox" in found
    assert "refs/heads/main" in found


def test_the_gateway_keeps_its_hardware_address_while_pods_come_and_go(run):
    """A pod that remembers another address would reach neither registry nor Git."""
    namespace = ("ip", "netns", "exec", state.find().owner)
    bridge = f"/sys/class/net/{network.BRIDGE}"

    def read(name):
        done = subprocess.run([*namespace, "cat", f"{bridge}/{name}"], capture_output=True, check=True)
        return done.stdout.decode().strip()

    before = read("address")
    run("true")
    assert read("address") == before
    assert read("addr_assign_type") == "3", "the kernel may choose another address"


@pytest.fixture
def outside(tmp_path):
    """A server behind the machine that knows no way back to the pods: it answers only the machine."""
    name, here, there = "pkgops-t-outside", "10.243.254.1", "10.243.254.2"
    commands = [
        f"ip netns add {name}",
        f"ip link add pkgops-t-out type veth peer name out netns {name}",
        f"ip addr add {here}/30 dev pkgops-t-out",
        "ip link set pkgops-t-out up",
        f"ip -n {name} addr add {there}/30 dev out",
        f"ip -n {name} link set out up",
    ]
    (tmp_path / "index.html").write_text("from outside\n")
    for command in commands:
        subprocess.run(command.split(), check=True)
    serve = f"python3 -m http.server --bind {there} --directory {tmp_path} 8000"
    server = subprocess.Popen(
        ["nsenter", f"--net=/run/netns/{name}", "--", *serve.split()],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(0.5)
    yield f"http://{there}:8000/"
    server.kill()
    server.wait()
    subprocess.run(["ip", "netns", "delete", name], check=True)
    subprocess.run(["ip", "link", "delete", "pkgops-t-out"], check=False, stderr=subprocess.DEVNULL)


def test_pods_reach_what_the_machine_reaches(run, outside):
    assert run(f"curl -sS --retry 5 --retry-connrefused --max-time 30 {outside}") == "from outside\n"


def test_nothing_outside_reaches_a_pod(outside, instance):
    """Only answers may come back: a connection from outside is dropped even if a route leads here."""
    subprocess.run(
        ["ip", "-n", "pkgops-t-outside", "route", "add", "default", "via", "10.243.254.1"], check=True
    )
    connect = ["nsenter", "--net=/run/netns/pkgops-t-outside", "--", "curl", "-sS", "--max-time", "3"]
    done = subprocess.run([*connect, f"http://{instance.registry}/v2/"], capture_output=True, check=False)
    assert done.returncode == 28, "the connection must time out"


def test_listeners_are_on_own_addresses_only(instance):
    found = state.find()
    inside = {"127.0.0.1", found.address, found.inside_address}
    assert _listeners(network.enter(found)) <= inside


def _listeners(enter):
    done = subprocess.run([*enter, "ss", "-Hltn"], capture_output=True, text=True, check=True)
    return {line.split()[3].rpartition(":")[0] for line in done.stdout.splitlines()}
