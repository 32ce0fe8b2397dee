from dataclasses import replace

import pytest
from shared_machine import GOOD

from pkgops.errors import Exit
from pkgops.local import cgroups, check, machine_facts, trial


def test_a_good_machine_has_no_problem():
    assert check.problems(GOOD) == []
    assert check.problems(replace(GOOD, cgroup_version=2, controllers=cgroups.NEEDED | {"io"})) == []


def test_a_kernel_for_one_processor_has_no_cpuset_and_will_do(tmp_path):
    one = frozenset({"cpu", "io", "memory", "pids"})
    assert check.problems(replace(GOOD, cgroup_version=2, controllers=one)) == []
    (tmp_path / "cgroup.controllers").write_text(" ".join(sorted(one)))
    control = tmp_path / "cgroup.subtree_control"
    control.write_text("memory pids")
    (tmp_path / "own").mkdir()
    cgroups.ensure("own", tmp_path)
    assert "cpuset" not in control.read_text() + (tmp_path / "own" / "cgroup.subtree_control").read_text()


def test_less_memory_will_do_once_all_is_compiled():
    small = replace(GOOD, memory=1_600_000_000, memory_needed=machine_facts.MEMORY_WARM)
    assert check.problems(small) == []


def refused(step, said):
    return {"tried": trial.Trial(failed=(trial.Failed(step, said),))}


CASES = {
    "not linux": ({"system": "darwin arm64"}, "this is darwin arm64"),
    "not root": ({"root": False}, "not root"),
    "no namespaces": (refused(trial.NAMESPACES, "EPERM"), "network namespaces cannot be created: EPERM"),
    "no cgroups": ({"cgroup_version": 0}, "no cgroups are mounted"),
    "read-only cgroups": (refused(trial.CGROUP, "Read-only file system"), "used: Read-only file system"),
    "controllers missing": (
        {"cgroup_version": 2, "controllers": frozenset({"cpu", "cpuset", "pids"})},
        "version 2 without memory",
    ),
    "no overlay": (
        refused(trial.OVERLAY, "unknown file system"),
        "overlay file systems cannot be mounted: unknown file system",
    ),
    "no bridge": (refused(trial.BRIDGE, "Unknown device type"), "no bridge can be created"),
    "no links": (refused(trial.LINKS, "Unknown device type"), "no veth pair"),
    "no bridge filter": (refused(trial.FILTER, "nonexistent"), "does not filter the packets of bridges"),
    "iptables broken": (refused(trial.RULES, "Permission denied"), "Permission denied"),
    "disk full": ({"disk": machine_facts.GIGABYTE}, "1.0 GB of disk are free, 14.0 GB are needed"),
    "no memory": ({"memory": machine_facts.GIGABYTE}, "1.0 GB of memory are free"),
    "too little to compile": ({"memory": 1_800_000_000}, "1.8 GB of memory are free, 2.0 GB are needed"),
    "no apt": ({"apt": False}, "no apt to install it: runc"),
    "no go": ({"go": False}, "there is no Go"),
    "libraries missing": ({"libraries": ("dulwich", "tomli_w")}, "libraries are missing: dulwich, tomli_w"),
    "ranges taken": ({"index_free": False}, "in use by links or routes"),
    "long paths": ({"longest_socket": 140}, "too long for the kernel"),
}


@pytest.mark.parametrize(("changes", "words"), CASES.values(), ids=CASES)
def test_each_problem_is_told_with_its_fix(changes, words):
    found = check.problems(replace(GOOD, **changes))
    assert len(found) == 1
    assert words in found[0].what
    assert found[0].fix


def test_all_problems_are_told_at_once(monkeypatch):
    bad = replace(GOOD, **refused(trial.OVERLAY, "no"), memory=0, go=False)
    monkeypatch.setattr(check, "read_facts", lambda name: bad)
    with pytest.raises(check.MachineRefused) as caught:
        check.require("x")
    assert caught.value.exit_code == Exit.UNREACHABLE
    assert caught.value.what.endswith("3 problems")
    assert caught.value.why.count("fix:") == 3


def test_looking_at_this_machine_changes_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert machine_facts.read_facts("never-made").disk > 0
    assert list(tmp_path.iterdir()) == []


def test_a_kernel_that_was_replaced_needs_a_reboot():
    bad = replace(GOOD, **refused(trial.FILTER, "nonexistent"), stale_kernel=True)
    assert "restart the machine" in check.problems(bad)[0].fix


@pytest.mark.parametrize("step", [trial.CGROUP, trial.NAMESPACES])
def test_a_reboot_is_no_fix_for_what_no_module_brings(step):
    bad = replace(GOOD, **refused(step, "Read-only file system"), stale_kernel=True)
    assert "restart" not in check.problems(bad)[0].fix
