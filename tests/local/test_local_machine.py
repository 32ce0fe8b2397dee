import json
import os
import shutil

import pytest

from pkgops.local import cgroups, machine, mounts, others
from pkgops.local.others import Others


@pytest.fixture
def sysctls(tmp_path):
    values = {machine.FORWARDING: "0\n", "vm/overcommit_memory": "0\n", "kernel/panic": "5\n"}
    for name, value in values.items():
        path = tmp_path / "sys" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value)
    return tmp_path / "sys"


ALONE = Others()


def prepare(tmp_path, sysctls, boot="boot", around=ALONE, **seen):
    machine.prepare(lambda: seen, tmp_path, sysctls, boot, around)


def restore(tmp_path, sysctls, boot="boot", around=ALONE):
    return machine.restore(tmp_path, sysctls, boot, around)


def test_settings_are_put_back_as_they_were(sysctls, tmp_path):
    prepare(tmp_path, sysctls)
    assert (sysctls / machine.FORWARDING).read_text() == "1"
    (sysctls / "kernel/panic").write_text("10\n")
    assert sorted(restore(tmp_path, sysctls).put_back) == ["kernel/panic", machine.FORWARDING]
    assert (sysctls / machine.FORWARDING).read_text() == "0"
    assert (sysctls / "kernel/panic").read_text() == "5"
    assert restore(tmp_path, sysctls).put_back == []


def test_a_second_start_does_not_take_its_own_changes_for_the_original(sysctls, tmp_path):
    prepare(tmp_path, sysctls)
    prepare(tmp_path, sysctls)
    restore(tmp_path, sysctls)
    assert (sysctls / machine.FORWARDING).read_text() == "0"


def test_forwarding_stays_on_for_a_network_that_came_since(sysctls, tmp_path):
    prepare(tmp_path, sysctls, around=Others(forwarders=("br-old",)))
    restored = restore(tmp_path, sysctls, around=Others(forwarders=("br-old", "docker0")))
    assert restored.put_back == []
    assert restored.left == [f"{machine.FORWARDING} stays 1: docker0 was added since and needs it"]
    assert (sysctls / machine.FORWARDING).read_text() == "1"
    # It is theirs from now on: the next last one leaves it alone too.
    prepare(tmp_path, sysctls, around=Others(forwarders=("br-old", "docker0")))
    again = restore(tmp_path, sysctls)
    assert (again.put_back, again.left) == ([], [])


def test_a_network_that_was_there_with_forwarding_off_does_not_need_it(sysctls, tmp_path):
    around = Others(forwarders=("br-old",))
    prepare(tmp_path, sysctls, around=around)
    assert restore(tmp_path, sysctls, around=around).put_back == [machine.FORWARDING]


def test_what_somebody_else_set_stays(sysctls, tmp_path):
    prepare(tmp_path, sysctls)
    (sysctls / "vm/overcommit_memory").write_text("2\n")
    assert "another program has set it since" in restore(tmp_path, sysctls).left[0]
    assert (sysctls / "vm/overcommit_memory").read_text() == "2\n"


@pytest.mark.parametrize(
    "around",
    [Others(kubelets=("k3s",)), Others(instances=("pkgops-x",)), Others(configured={"kernel/panic": "10"})],
)
def test_what_others_rely_on_stays(sysctls, tmp_path, around):
    prepare(tmp_path, sysctls)
    (sysctls / "kernel/panic").write_text("10\n")
    restored = restore(tmp_path, sysctls, around=around)
    assert any(line.startswith("kernel/panic stays 10: ") for line in restored.left)
    assert (sysctls / "kernel/panic").read_text() == "10\n"


def test_a_restart_of_the_machine_makes_the_record_void(sysctls, tmp_path):
    prepare(tmp_path, sysctls, "first", folders=["/var/log/x"], tables=["nat"])
    restored = restore(tmp_path, sysctls, "second")
    assert (restored.put_back, restored.seen) == ([], {"folders": ["/var/log/x"]})
    assert (sysctls / machine.FORWARDING).read_text() == "1"


def test_a_start_after_a_restart_of_the_machine_records_anew(sysctls, tmp_path):
    prepare(tmp_path, sysctls, "first", folders=["/var/log/x"], tables=[])
    (sysctls / "kernel/panic").write_text("7\n")
    prepare(tmp_path, sysctls, "second", folders=[], tables=["nat"])
    (sysctls / "kernel/panic").write_text("10\n")
    restored = restore(tmp_path, sysctls, "second")
    # Forwarding was on when the first command came: somebody else had turned it on.
    assert restored.put_back == ["kernel/panic"]
    assert (sysctls / "kernel/panic").read_text() == "7"
    # A folder that was made before the restart is still there, and still ours.
    assert (restored.seen["folders"], restored.seen["tables"]) == (["/var/log/x"], ["nat"])


def test_what_stays_on_the_machine_is_named_once(sysctls, tmp_path):
    machine.record_installed("packages", ["runc", "containerd"], tmp_path)
    prepare(tmp_path, sysctls)
    machine.record_installed("packages", ["iptables"], tmp_path)
    machine.record_installed("modules", [], tmp_path)
    assert restore(tmp_path, sysctls).installed == ["packages containerd, iptables, runc"]
    assert restore(tmp_path, sysctls).installed == []


def test_a_record_of_an_earlier_version_still_counts(sysctls, tmp_path):
    (tmp_path / "machine.json").write_text(json.dumps({"sysctls": {machine.FORWARDING: "0"}}))
    (sysctls / machine.FORWARDING).write_text("1\n")
    prepare(tmp_path, sysctls)
    assert restore(tmp_path, sysctls).put_back == [machine.FORWARDING]


def test_the_configuration_of_the_machine_is_read_as_the_machine_reads_it(tmp_path):
    for name, text in {
        "usr/lib/sysctl.d/10-x.conf": "kernel.panic = 3\n",
        "etc/sysctl.d/10-x.conf": "# net.ipv4.ip_forward=0\n-kernel.panic=4\n",
        "etc/sysctl.d/99-y.conf": "net/ipv4/ip_forward=1\nnot a setting\n",
        "etc/sysctl.conf": ";vm.overcommit_memory=1\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert others.configured(tmp_path) == {"kernel/panic": "4", "net/ipv4/ip_forward": "1"}


MOUNTINFO = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:25 / /state/one\\040two/run/a rw - tmpfs tmpfs rw
31 30 0:26 / /state/one\\040two/run/a/b rw - overlay overlay rw
32 22 0:27 / /state/one\\040two-other/run rw - tmpfs tmpfs rw
"""


def test_mounts_below_a_folder_come_last_first(tmp_path):
    (tmp_path / "mountinfo").write_text(MOUNTINFO)
    from pathlib import Path

    found = mounts.below(Path("/state/one two"), tmp_path / "mountinfo")
    assert found == [Path("/state/one two/run/a/b"), Path("/state/one two/run/a")]


@pytest.fixture
def hierarchies(tmp_path):
    for name in ("cpu", "cpuset", "memory", "pids"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cgroup.procs").write_text("")
    for name, value in {"cpuset.cpus": "0-3\n", "cpuset.mems": "0\n"}.items():
        (tmp_path / "cpuset" / name).write_text(value)
    return tmp_path


def test_separate_hierarchies_each_get_the_folder(hierarchies):
    assert cgroups.version(hierarchies) == 1
    assert cgroups.ensure("pkgops-x", hierarchies)
    assert [path.parent.name for path in cgroups.folders("pkgops-x", hierarchies)] == [
        "cpu",
        "cpuset",
        "memory",
        "pids",
    ]
    assert not cgroups.ensure("pkgops-x", hierarchies)


def test_a_folder_where_nothing_is_mounted_is_no_hierarchy(hierarchies):
    """systemd makes them for controllers that it may not mount, on a file system that is read-only then."""
    for name in ("cpu,cpuacct", "perf_event"):
        (hierarchies / name).mkdir()
    (hierarchies / "cpuacct").symlink_to("cpu,cpuacct")
    (hierarchies / "net_cls").symlink_to("pids")
    assert [path.name for path in cgroups.tops(hierarchies)] == ["cpu", "cpuset", "memory", "pids"]
    cgroups.ensure("pkgops-x", hierarchies)
    assert list((hierarchies / "cpu,cpuacct").iterdir()) == []


def test_a_unified_hierarchy_hands_its_controllers_down(tmp_path):
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids rdma\n")
    (tmp_path / "cgroup.subtree_control").write_text("")
    (tmp_path / "pkgops-x").mkdir()
    (tmp_path / "pkgops-x" / "cgroup.subtree_control").write_text("")
    assert cgroups.version(tmp_path) == 2
    cgroups.ensure("pkgops-x", tmp_path)
    handed = (tmp_path / "pkgops-x" / "cgroup.subtree_control").read_text()
    assert handed == "+cpu +cpuset +io +memory +pids"


def test_a_unified_hierarchy_beside_separate_ones_hands_nothing_down(hierarchies):
    """The kubelet uses the separate ones; nobody would take back what was handed down there."""
    unified = hierarchies / "unified"
    unified.mkdir()
    for name, text in {"procs": "1\n", "controllers": "hugetlb\n", "subtree_control": ""}.items():
        (unified / f"cgroup.{name}").write_text(text)
    assert "unified" in cgroups.ensure("pkgops-x", hierarchies)
    assert (unified / "cgroup.subtree_control").read_text() == ""
    assert not (unified / "pkgops-x" / "cgroup.subtree_control").exists()


def test_removal_is_deepest_first_and_tells_what_is_left(hierarchies):
    cgroups.ensure("pkgops-x", hierarchies)
    (hierarchies / "memory" / "pkgops-x" / "kubepods" / "pod1").mkdir(parents=True)
    (hierarchies / "cpuset" / "pkgops-x" / "busy").write_text("")
    assert cgroups.remove("pkgops-x", 0.0, hierarchies) == [hierarchies / "cpuset" / "pkgops-x"]
    assert not (hierarchies / "memory" / "pkgops-x").exists()


def test_processes_are_held_in_a_cgroup_of_the_instance(hierarchies):
    cgroups.ensure("pkgops-x", hierarchies)
    assert (hierarchies / "cpuset" / "pkgops-x" / "parts" / "cpuset.cpus").exists() is False
    (hierarchies / "pids" / "pkgops-x" / "kubepods").mkdir()
    (hierarchies / "pids" / "pkgops-x" / "kubepods" / "cgroup.procs").write_text("7\n")
    assert cgroups.hold("pkgops-x", {7, 8}, hierarchies) == {8}
    assert (hierarchies / "memory" / "pkgops-x" / "parts" / "cgroup.procs").read_text() == "8\n"
    assert cgroups.processes("pkgops-x", hierarchies) == {7, 8}


def test_a_cgroup_that_was_removed_while_it_was_empty_is_made_again_to_hold_a_part(hierarchies):
    """systemd's own use of a controller did that between the start's making of it and the first part."""
    cgroups.ensure("pkgops-x", hierarchies)
    shutil.rmtree(hierarchies / "cpu" / "pkgops-x")
    assert cgroups.hold("pkgops-x", {8}, hierarchies) == {8}
    assert (hierarchies / "cpu" / "pkgops-x" / "parts" / "cgroup.procs").read_text() == "8\n"


def test_a_part_that_is_not_held_in_one_hierarchy_is_moved_there_later(hierarchies):
    cgroups.hold("pkgops-x", {8}, hierarchies)
    shutil.rmtree(hierarchies / "cpu" / "pkgops-x")
    memory = hierarchies / "memory" / "pkgops-x" / "parts" / "cgroup.procs"
    memory.write_text("8\n9\n")
    assert cgroups.hold("pkgops-x", {8}, hierarchies) == {8}
    assert (hierarchies / "cpu" / "pkgops-x" / "parts" / "cgroup.procs").read_text() == "8\n"
    assert memory.read_text() == "8\n9\n"
    assert cgroups.hold("pkgops-x", {8}, hierarchies) == set()


def test_a_cgroup_that_goes_away_while_it_is_listed_is_no_error(hierarchies, monkeypatch):
    """Folders of pods that end vanish between the listing and the look into them."""
    cgroups.ensure("pkgops-x", hierarchies)
    for number in range(20):
        (hierarchies / "pids" / "pkgops-x" / f"pod{number}" / "deep").mkdir(parents=True)
    real = os.scandir

    class Vanishing:
        def __init__(self, path):
            with real(path) as entries:
                self.left = list(entries)
            for entry in self.left:
                if entry.name.startswith("pod"):
                    shutil.rmtree(entry.path)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def __iter__(self):
            return self

        def __next__(self):
            if not self.left:
                raise StopIteration
            return self.left.pop()

    monkeypatch.setattr(os, "scandir", Vanishing)
    assert cgroups.processes("pkgops-x", hierarchies) == set()
    monkeypatch.undo()
    assert cgroups.remove("pkgops-x", 0.0, hierarchies) == []
