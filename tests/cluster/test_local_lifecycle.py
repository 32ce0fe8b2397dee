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
from pkgops.local import (
    cgroups,
    leftovers,
    mounts,
    netfilter,
    network,
    objects,
    part_process,
    processes,
    shared,
    state,
    unfinished,
)

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


@pytest.fixture
def started(spare):
    """The same, running; tests that fail before this one do not matter."""
    local.up(spare)
    return spare


def words(*more, name):
    return [*PKGOPS, "local", *more, "--instance", name]


def start(name):
    """Start the instance and return the events."""
    events: list[local.PartEvent] = []
    local.up(name, events.append)
    return events


def pids(name):
    instance = state.find(name)
    return {part: record.pid for part in PARTS if (record := part_process.runs(instance, part))}


def machine_state():
    """Return everything on the machine that a cluster could leave behind."""

    def out(*command):
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    groups = [str(path) for top in cgroups.tops() for path in top.glob("pkgops-*")]
    sysctls = ("net/ipv4/ip_forward", "vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops")
    counters = re.compile(r"\[\d+:\d+\]")
    return {
        "processes": sorted(line for line in out("ps", "-eo", "args").splitlines() if "-life" in line),
        "mounts": [line for line in out("findmnt", "-rno", "TARGET").splitlines() if "life" in line],
        "namespaces": sorted(line.split()[0] for line in out("ip", "netns", "list").splitlines()),
        "links": sorted(link["ifname"] for link in json.loads(out("ip", "-json", "link"))),
        "routes": sorted(out("ip", "-4", "route", "show", "table", "all").splitlines()),
        "rules": [counters.sub("", line) for line in out("iptables-save").splitlines() if line[:1] in "-:"],
        "cgroups": sorted(groups),
        "sysctls": {name: (Path("/proc/sys") / name).read_text() for name in sysctls},
        "logs": sorted(
            path.name for path in Path("/var/log/containers").glob("*") if "-life" in str(path.readlink())
        ),
        "records": sorted(path.name for path in Path("/var/lib/cni/results").glob("*") if is_record(path)),
        "tables": sorted(netfilter.tables()),
        "controllers": sorted(cgroups.handed_down()),
        "profile": shared.profile_loaded(),
    }


def is_record(path):
    """Say whether a CNI plugin's record is of a pod of the tests' own instance."""
    try:
        return "-life/run/" in path.read_text()
    except FileNotFoundError:
        return False


def without_others(found, instance):
    """Leave out what belongs to other instances, which people start and stop as they like."""
    named = re.compile(r"pkgops(?:\d+|-[a-z0-9-]+)")

    def ours(line):
        names = named.findall(str(line))
        return not names or instance.owner in names or instance.link in names

    return {
        kind: [line for line in lines if ours(line)] if isinstance(lines, list) else lines
        for kind, lines in found.items()
    }


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


def test_a_second_start_changes_nothing(started):
    before = pids(started)
    events = start(started)
    assert pids(started) == before
    assert [event for event in events if event.state == "repaired"] == []


def test_two_starts_at_once(spare):
    both = [
        subprocess.Popen(words("up", name=spare), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [(one.communicate()[1], one.returncode)[1] for one in both] == [0, 0]


def test_namespaces_and_classes_are_there(started):
    client = connect(local.find(started).kubeconfig)
    instance = state.find(started)
    for obj in objects.all_objects(instance):
        meta = obj["metadata"]
        assert client.find(obj["apiVersion"], obj["kind"], meta["name"], meta.get("namespace", ""))


@pytest.mark.parametrize(
    ("killed", "restarted"),
    [
        (("etcd",), {"kube-apiserver"}),
        (("kube-apiserver", "kubelet"), set()),
        (("containerd", "registry", "git"), {"kubelet"}),
        (("kube-proxy", "dns", "platform"), set()),
    ],
)
def test_lost_parts_are_named_and_repaired_and_nothing_is_lost(started, killed, restarted):
    spare = started
    client, container = pod_on(spare)
    before = pids(spare)
    for part in killed:
        os.kill(before[part], signal.SIGKILL)
    wait_for("them to be gone", lambda: not set(killed) & set(pids(spare)))
    events = start(spare)
    assert {event.part for event in events if event.state == "repaired"} == set(killed)
    assert all(
        "had ended" in event.detail for event in events if event.part in killed and event.state == "working"
    )
    after = pids(spare)
    assert {part for part in PARTS if after[part] != before[part]} == {*killed, *restarted}
    assert {event.part for event in events if "was started" in event.detail} == restarted
    assert container_of(client) == container
    assert local.find(spare).images


@pytest.mark.parametrize(("ends", "restarted"), [("etcd", "kube-apiserver"), ("containerd", "kubelet")])
def test_a_part_that_ends_while_others_are_started_is_started_again(started, ends, restarted):
    before, ended = pids(started), []
    os.kill(before["platform"], signal.SIGKILL)
    wait_for("it to be gone", lambda: "platform" not in pids(started))

    def end_it(event):
        if event.part == "platform" and not ended:
            ended.append(event)
            os.kill(before[ends], signal.SIGKILL)

    local.up(started, end_it)
    after = pids(started)
    assert set(after) == set(PARTS)
    assert {part for part in PARTS if after[part] != before[part]} == {ends, restarted, "platform"}


def test_status_tells_a_lost_part(started):
    os.kill(pids(started)["dns"], signal.SIGKILL)
    wait_for("it to be gone", lambda: "dns" not in pids(started))
    done = subprocess.run(
        words("status", "-o", "json", "--exit-code", name=started), capture_output=True, check=False
    )
    found = json.loads(done.stdout)
    assert done.returncode == 3
    assert {row["part"] for row in found["parts"] if row["state"] == "stopped"} == {"dns"}
    start(started)


def test_keys_and_kubeconfigs_are_private(started):
    folder = state.find(started).folder
    secret = [
        folder / "kubeconfig",
        folder / "instance.json",
        *folder.glob("pki/*"),
        *folder.glob("conf/*.*"),
    ]
    assert len(secret) > 20
    assert {stat.S_IMODE(path.stat().st_mode) for path in secret if path.is_file()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_no_secret_is_on_a_command_line(started):
    key = (state.find(started).pki / "admin.key").read_text().splitlines()[1]
    lines = [" ".join(processes.command_line(pid)) for pid in processes.in_network(state.find(started).netns)]
    assert lines
    assert not any(key in line for line in lines)


def test_kept_data_is_found_again(started):
    client = connect(local.find(started).kubeconfig)
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kept"}})
    git = state.find(started).git_root / "hello-go.git"
    head = subprocess.run(["git", "-C", git, "rev-parse", "main"], capture_output=True, check=True).stdout
    local.down(started, keep_data=True)
    assert processes.in_network(network_of(started)) == set()
    start(started)
    assert connect(local.find(started).kubeconfig).find("v1", "Namespace", "kept")
    assert (
        subprocess.run(["git", "-C", git, "rev-parse", "main"], capture_output=True, check=True).stdout
        == head
    )


def stop_as_a_power_cut_does(name):
    """End everything at once, and take away what lives in the kernel, as a restart of the machine does."""
    instance = state.find(name)
    cgroups.kill(instance.owner)
    processes.stop(processes.in_network(instance.netns), 0.0)
    mounts.unmount(instance.folder)
    network.remove(instance)
    cgroups.remove(instance.owner)
    (instance.run / "boot").write_text("an earlier boot")


def test_pods_that_ran_once_do_not_hang_after_a_restart_of_the_machine(started):
    """One that a controller made is made again; one of nobody has failed; one that restarts goes on."""
    client, container = pod_on(started)
    image = local.find(started).images["toolbox"]
    spec = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 0,
        "containers": [{"name": "main", "image": image, "command": ["sleep", "100000"]}],
    }
    meta = {"name": "once", "namespace": "default"}
    client.apply({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
    job = {"backoffLimit": 3, "template": {"spec": spec}}
    client.apply({"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": job})

    def running():
        found = client.list("v1", "Pod", "default").items
        return {pod["metadata"]["uid"] for pod in found if pod["status"].get("phase") == "Running"}

    before = wait_for("three pods to run", lambda: len(running()) == 3 and running())
    stop_as_a_power_cut_does(started)
    told = [event.detail for event in start(started) if event.part == "pods"]
    assert len(told) == 2
    assert "stopped while running: default/once: failed" in told
    status = client.get("v1", "Pod", "once", "default")["status"]
    assert (status["phase"], status["reason"]) == ("Failed", unfinished.REASON)
    wait_for("a new pod of the job", lambda: running() - before)
    wait_for("the other one to run again", lambda: container_of(client) not in (None, container))
    client.delete("batch/v1", "Job", "once", "default")
    client.delete("v1", "Pod", "once", "default")


def network_of(name):
    return Path("/run/netns") / f"pkgops-{name}"


def test_nothing_is_left_behind(spare):
    local.down(spare)
    before = machine_state()
    start(spare)
    pod_on(spare)
    instance = state.find(spare)
    during, sockets = machine_state(), leftovers.sockets(instance)
    local.down(spare)
    after = machine_state()
    before, during, after = (without_others(found, instance) for found in (before, during, after))
    changed = {kind for kind in before if during[kind] != before[kind]}
    assert changed >= {"namespaces", "links", "routes", "rules", "cgroups", "records", "logs"}
    # Asked for by name: other clusters of the machine come by sockets of their own meanwhile.
    assert sockets
    assert not [socket for socket in sockets if socket.exists()]
    assert after == before
    assert not instance.folder.exists()


def test_records_of_runc_are_in_the_state_folder(started):
    pod_on(started)
    own = {path.name for path in state.find(started).run.glob("runc/k8s.io/*")}
    assert len(own) >= 2
    assert not own & {path.name for path in Path("/run/containerd/runc/k8s.io").glob("*")}


def test_parts_and_shims_live_in_a_cgroup_of_the_instance(started):
    """A login session or a service that started them may end, and takes along what is in its cgroup."""
    pod_on(started)
    owner = state.find(started).owner
    for pid in processes.in_network(network_of(started)):
        groups = {line.split(":", 2)[2] for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines()}
        assert groups == {f"/{owner}/parts"}, processes.command_line(pid)


def test_parts_that_were_left_in_another_cgroup_are_moved(started):
    before = pids(started)
    for folder in cgroups.hierarchies():
        (folder / "cgroup.procs").write_text(str(before["etcd"]))
    start(started)
    assert pids(started) == before
    assert before["etcd"] in cgroups.processes(state.find(started).owner)


def test_rules_that_somebody_flushed_are_put_back_and_told(started):
    instance = state.find(started)
    network.rules(instance, present=False)
    told = [event for event in start(started) if event.part == "network"]
    assert [(event.state, event.detail) for event in told] == [("repaired", f"{instance.owner}: 5 rules")]
    assert network.rules_present(instance)


def test_stopping_what_is_not_there_is_no_error(spare):
    local.down(spare)
    assert not local.down(spare)


def test_a_lost_record_does_not_keep_a_cluster_from_being_stopped(started):
    instance = state.find(started)
    instance.record.write_text("not json")
    assert local.down(started)
    assert not instance.netns.exists()
    assert not network.rules_present(instance)


def test_a_process_that_nobody_recorded_is_taken_over(started):
    start(started)
    instance = state.find(started)
    before = pids(started)
    part_process.record_path(instance, "dns").unlink()
    start(started)
    assert pids(started) == before
