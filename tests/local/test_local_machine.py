import os
import shutil

import pytest

from pkgops.local import cgroups, machine, mounts


@pytest.fixture
def sysctls(tmp_path):
    values = {machine.FORWARDING: "0\n", "vm/overcommit_memory": "0\n", "kernel/panic": "5\n"}
    for name, value in values.items():
        path = tmp_path / "sys" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value)
    return tmp_path / "sys"


def test_settings_are_put_back_as_they_were(sysctls, tmp_path):
    machine.prepare(tmp_path, sysctls)
    assert (sysctls / machine.FORWARDING).read_text() == "1"
    (sysctls / "kernel/panic").write_text("10\n")
    assert sorted(machine.restore(tmp_path, sysctls)) == ["kernel/panic", machine.FORWARDING]
    assert (sysctls / machine.FORWARDING).read_text() == "0"
    assert (sysctls / "kernel/panic").read_text() == "5"
    assert machine.restore(tmp_path, sysctls) == []


def test_a_second_start_does_not_take_its_own_changes_for_the_original(sysctls, tmp_path):
    machine.prepare(tmp_path, sysctls)
    machine.prepare(tmp_path, sysctls)
    machine.restore(tmp_path, sysctls)
    assert (sysctls / machine.FORWARDING).read_text() == "0"


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


def test_a_unified_hierarchy_hands_its_controllers_down(tmp_path):
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids rdma\n")
    (tmp_path / "cgroup.subtree_control").write_text("")
    (tmp_path / "pkgops-x").mkdir()
    (tmp_path / "pkgops-x" / "cgroup.subtree_control").write_text("")
    assert cgroups.version(tmp_path) == 2
    cgroups.ensure("pkgops-x", tmp_path)
    handed = (tmp_path / "pkgops-x" / "cgroup.subtree_control").read_text()
    assert handed == "+cpu +cpuset +io +memory +pids"


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
