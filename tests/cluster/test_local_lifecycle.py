"""Starting, starting again, losing parts, stopping: on an instance that only these tests use."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from local_kit import wait_for

from pkgops import local
from pkgops.kube import connect
from pkgops.local import bringup, network, objects, processes, state

pytestmark = pytest.mark.cluster
PKGOPS = [sys.executable, "-c", "from pkgops.cli.main import main; main()"]
PARTS = (
    "etcd",
    "containerd",
    "registry",
    "git",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "dns",
    "platform",
)


@pytest.fixture(scope="module")
def spare(instance):
    """The name of an instance of its own, not started; nothing is left of it at the end."""
    name = f"{instance.name[:14]}-life"
    local.down(name)
    yield name
    local.down(name)


def words(*more, name):
    return [*PKGOPS, "local", *more, "--instance", name]


def start(name):
    """Start the instance and return the events."""
    events: list[local.PartEvent] = []
    local.up(name, events.append)
    return events


def pids(name):
    instance = state.find(name)
    return {part: record.pid for part in PARTS if (record := bringup.runs(instance, part))}


def machine_state():
    """Return everything on the machine that a cluster could leave behind."""

    def out(*command):
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    cgroups = [str(path) for top in Path("/sys/fs/cgroup").iterdir() for path in top.glob("pkgops-*")]
    sysctls = ("net/ipv4/ip_forward", "vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops")
    counters = re.compile(r"\[\d+:\d+\]")
    return {
        "processes": sorted(
            line for line in out("ps", "-eo", "args").splitlines() if "pkgops-test-life" in line
        ),
        "mounts": [line for line in out("findmnt", "-rno", "TARGET").splitlines() if "life" in line],
        "namespaces": sorted(line.split()[0] for line in out("ip", "netns", "list").splitlines()),
        "links": sorted(link["ifname"] for link in json.loads(out("ip", "-json", "link"))),
        "routes": sorted(out("ip", "-4", "route", "show", "table", "all").splitlines()),
        "rules": [counters.sub("", line) for line in out("iptables-save").splitlines() if line[:1] in "-:"],
        "cgroups": sorted(cgroups),
        "sysctls": {name: (Path("/proc/sys") / name).read_text() for name in sysctls},
        "logs": sorted(
            path.name for path in Path("/var/log/containers").glob("*") if "-life" in str(path.readlink())
        ),
        "dead sockets": dead_sockets(),
    }


def dead_sockets():
    """Return the sockets of container shims that nobody listens on any more."""
    alive = Path("/proc/net/unix").read_text()
    return sorted(path.name for path in Path("/run/containerd/s").glob("*") if path.name not in alive)


def pod_on(name):
    """Start a pod that stays, and return its client and the id of its container."""
    cluster = local.find(name)
    client = connect(cluster.kubeconfig)
    container = {"name": "main", "image": cluster.images["toolbox"], "command": ["sleep", "100000"]}
    client.apply(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "stays", "namespace": "default"},
            "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
        }
    )
    return client, wait_for("the pod to run", lambda: container_of(client))


def container_of(client):
    found = client.find("v1", "Pod", "stays", "default") or {}
    statuses = found.get("status", {}).get("containerStatuses") or [{}]
    return statuses[0].get("containerID") if "running" in statuses[0].get("state", {}) else None


def test_an_interrupted_start_goes_on(spare):
    """Killed in the middle, started again: one process a part, none from before."""
    first = subprocess.Popen(
        words("up", "--progress", "json", name=spare),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    for line in first.stderr:
        if '"part":"registry"' in line:
            break
    first.kill()
    first.wait()
    start(spare)
    assert set(pids(spare)) == set(PARTS)
    running = processes.in_network(state.find(spare).netns)
    commands = [processes.command_line(pid)[0] for pid in running]
    for program in ("etcd", "kube-apiserver", "containerd", "docker-registry"):
        assert sum(command.endswith(f"/{program}") for command in commands) == 1, program


def test_a_second_start_changes_nothing(spare):
    before = pids(spare)
    events = start(spare)
    assert pids(spare) == before
    assert [event for event in events if event.state == "repaired"] == []


def test_two_starts_at_once(spare):
    both = [
        subprocess.Popen(words("up", name=spare), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [(one.communicate()[1], one.returncode)[1] for one in both] == [0, 0]


def test_namespaces_and_classes_are_there(spare):
    client = connect(local.find(spare).kubeconfig)
    instance = state.find(spare)
    for obj in objects.all_objects(instance):
        meta = obj["metadata"]
        assert client.find(obj["apiVersion"], obj["kind"], meta["name"], meta.get("namespace", ""))


@pytest.mark.parametrize(
    "killed",
    [
        ("etcd",),
        ("kube-apiserver", "kubelet"),
        ("containerd", "registry", "git"),
        ("kube-proxy", "dns", "platform"),
    ],
    ids="+".join,
)
def test_lost_parts_are_named_and_repaired_and_nothing_is_lost(spare, killed):
    client, container = pod_on(spare)
    before = pids(spare)
    for part in killed:
        os.kill(before[part], signal.SIGKILL)
    wait_for("them to be gone", lambda: not set(killed) & set(pids(spare)))
    events = start(spare)
    assert {event.part for event in events if event.state == "repaired"} == set(killed)
    assert all(
        "gone" in event.detail for event in events if event.part in killed and event.state == "working"
    )
    after = pids(spare)
    assert {part for part in PARTS if after[part] != before[part]} == set(killed)
    assert container_of(client) == container
    assert local.find(spare).images


def test_status_tells_a_lost_part(spare):
    os.kill(pids(spare)["dns"], signal.SIGKILL)
    wait_for("it to be gone", lambda: "dns" not in pids(spare))
    done = subprocess.run(
        words("status", "-o", "json", "--exit-code", name=spare), capture_output=True, check=False
    )
    found = json.loads(done.stdout)
    assert done.returncode == 3
    assert {row["part"] for row in found["parts"] if row["state"] == "stopped"} == {"dns"}
    start(spare)


def test_keys_and_kubeconfigs_are_private(spare):
    folder = state.find(spare).folder
    secret = [
        folder / "kubeconfig",
        folder / "instance.json",
        *folder.glob("pki/*"),
        *folder.glob("conf/*.*"),
    ]
    assert len(secret) > 20
    assert {stat.S_IMODE(path.stat().st_mode) for path in secret if path.is_file()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_no_secret_is_on_a_command_line(spare):
    key = (state.find(spare).pki / "admin.key").read_text().splitlines()[1]
    lines = [" ".join(processes.command_line(pid)) for pid in processes.in_network(state.find(spare).netns)]
    assert lines
    assert not any(key in line for line in lines)


def test_kept_data_is_found_again(spare):
    client = connect(local.find(spare).kubeconfig)
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kept"}})
    git = state.find(spare).git_root / "hello-go.git"
    head = subprocess.run(["git", "-C", git, "rev-parse", "main"], capture_output=True, check=True).stdout
    local.down(spare, keep_data=True)
    assert processes.in_network(network_of(spare)) == set()
    start(spare)
    assert connect(local.find(spare).kubeconfig).find("v1", "Namespace", "kept")
    assert (
        subprocess.run(["git", "-C", git, "rev-parse", "main"], capture_output=True, check=True).stdout
        == head
    )


def network_of(name):
    return Path("/run/netns") / f"pkgops-{name}"


def test_nothing_is_left_behind(spare):
    local.down(spare)
    before = machine_state()
    start(spare)
    pod_on(spare)
    during = machine_state()
    local.down(spare)
    after = machine_state()
    assert {kind for kind in before if during[kind] != before[kind]} >= {
        "namespaces",
        "links",
        "routes",
        "rules",
        "cgroups",
    }
    # Other clusters of the machine may come by dead sockets, or be rid of some, meanwhile.
    assert set(after.pop("dead sockets")) <= set(before.pop("dead sockets"))
    assert after == before
    assert not (state.state_home() / spare).exists()


def test_stopping_what_is_not_there_is_no_error(spare):
    assert not local.down(spare)


def test_a_lost_record_does_not_keep_a_cluster_from_being_stopped(spare):
    start(spare)
    instance = state.find(spare)
    instance.record.write_text("not json")
    assert local.down(spare)
    assert not instance.netns.exists()
    assert not network.rules_present(instance)


def test_a_process_that_nobody_recorded_is_taken_over(spare):
    start(spare)
    instance = state.find(spare)
    before = pids(spare)
    bringup.record_path(instance, "dns").unlink()
    start(spare)
    assert pids(spare) == before
