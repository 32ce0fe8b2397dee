"""What is found outside of the state folder, and told apart from what is others'."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pkgops.local import cgroups, leftovers, shared
from pkgops.local.instance import Instance

ID = "5" * 64


def loopback(folder):
    """A record as the loopback plugin of containerd's CNI library writes it, shortened."""
    sandbox = f"{folder}/run/containerd/io.containerd.grpc.v1.cri/netns/cni-be525c00"
    interfaces = [{"mac": "00:00:00:00:00:00", "name": "lo", "sandbox": sandbox}]
    result = {"cniVersion": "0.3.1", "dns": {}, "interfaces": interfaces}
    return json.dumps({"kind": "cniCacheV1", "containerId": ID, "ifName": "lo", "result": result})


@pytest.fixture
def records(tmp_path, monkeypatch):
    for name in ("results", "links", "state/mine", "state/mine-too"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setattr(leftovers, "CNI_RESULTS", tmp_path / "results")
    monkeypatch.setattr(leftovers, "LOG_LINKS", tmp_path / "links")
    for number, owner in enumerate(("mine", "mine-too")):
        (tmp_path / f"results/cni-loopback-{number}-lo").write_text(loopback(tmp_path / "state" / owner))
        (tmp_path / f"results/pkgops-{owner}-{ID}-eth0").write_text("{}")
        (tmp_path / f"links/{owner}.log").symlink_to(tmp_path / "state" / owner / "logs" / "pods" / "0.log")
    return tmp_path


def test_only_what_is_of_the_instance_is_removed(records):
    leftovers.remove_files(Instance("mine", 0, records / "state" / "mine"))
    assert sorted(path.name for path in (records / "results").iterdir()) == [
        "cni-loopback-1-lo",
        f"pkgops-mine-too-{ID}-eth0",
    ]
    assert [path.name for path in (records / "links").iterdir()] == ["mine-too.log"]


def test_sockets_of_shims_are_found_by_their_bundles(tmp_path):
    instance = Instance("mine", 0, tmp_path)
    assert leftovers.sockets(instance) == []
    tasks = tmp_path / "run" / "containerd" / "io.containerd.runtime.v2.task" / "k8s.io"
    for name, address in {"a": "unix:///run/containerd/s/1", "b": "unix:///elsewhere/2", "c": None}.items():
        (tasks / name).mkdir(parents=True)
        if address:
            (tasks / name / "bootstrap.json").write_text(json.dumps({"version": 3, "address": address}))
    (tasks / "gone").symlink_to(tmp_path / "nowhere")
    assert leftovers.sockets(instance) == [leftovers.SHIM_SOCKETS / "1"]


def test_a_machine_without_those_folders_has_no_trace(tmp_path, monkeypatch):
    monkeypatch.setattr(leftovers, "CNI_RESULTS", tmp_path / "results")
    monkeypatch.setattr(leftovers, "LOG_LINKS", tmp_path / "links")
    leftovers.remove_files(Instance("mine", 0, tmp_path))


def test_folders_that_came_with_us_go_if_they_are_empty(tmp_path):
    for name in ("lib/cni/results", "lib/kubelet", "old"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "lib/kubelet/config").write_text("somebody's")
    absent = [str(tmp_path / name) for name in ("lib/cni", "lib/cni/results", "lib/kubelet", "lib/never")]
    removed = shared.remove({"folders": absent})
    assert removed == [str(tmp_path / "lib/cni/results"), str(tmp_path / "lib/cni")]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["config", "kubelet", "lib", "old"]


def test_every_folder_that_a_part_makes_by_itself_is_looked_at(monkeypatch):
    monkeypatch.setattr(shared.Path, "is_dir", lambda _path: False)
    made = {shared.DEVICES, leftovers.SHIM_SOCKETS, leftovers.CNI_RESULTS, leftovers.LOG_LINKS}
    looked = {Path(name) for name in shared.read_state()["folders"]}
    assert made | {leftovers.NAMESPACES} <= looked


def test_what_was_not_looked_at_is_left_alone():
    assert shared.remove({}) == []


def test_controllers_are_taken_back(tmp_path):
    (tmp_path / "cgroup.controllers").write_text("cpu misc\n")
    (tmp_path / "cgroup.subtree_control").write_text("cpu misc\n")
    assert cgroups.handed_down(tmp_path) == {"cpu", "misc"}
    assert cgroups.take_back(frozenset({"misc"}), tmp_path) == ["misc"]
    assert (tmp_path / "cgroup.subtree_control").read_text() == "-misc"


TABLES = """
import subprocess, sys
from pkgops.local import netfilter
def iptables(*words):
    subprocess.run(["iptables", *words], check=True)
assert netfilter.tables() == frozenset(), netfilter.tables()
iptables("-t", "nat", "-N", "OURS"); iptables("-t", "nat", "-X", "OURS")
iptables("-t", "filter", "-A", "FORWARD", "-j", "ACCEPT")
assert netfilter.tables() == {"nat", "filter"}, netfilter.tables()
assert not netfilter.remove_empty("filter")
assert netfilter.remove_empty("nat")
assert netfilter.tables() == {"filter"}, netfilter.tables()
iptables("-t", "filter", "-D", "FORWARD", "-j", "ACCEPT")
iptables("-t", "filter", "-P", "FORWARD", "DROP")
assert not netfilter.remove_empty("filter")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has network namespaces")
def test_a_table_goes_if_it_has_neither_rules_nor_a_policy():
    words = ["unshare", "--net", "--", sys.executable, "-c", TABLES]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
