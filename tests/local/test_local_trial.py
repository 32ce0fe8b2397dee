import os
import subprocess
from pathlib import Path

import pytest

from pkgops.local import cgroups, kernel, trial

MODPROBE = """#!/bin/sh
for name; do case $name in
  --*) ;;
  xt_recent) ;;
  *) mkdir -p {modules}/$name; [ $name = br_netfilter ] && echo 1 | tee {bridges}/bridge-nf-call-iptables ;;
esac; done
"""


@pytest.fixture
def stock(tmp_path, monkeypatch):
    """A kernel with modules on disk, none of them loaded but overlay, with bridge built in."""
    for name in ("programs", "sys/overlay", f"lib/{os.uname().release}", "bridges"):
        (tmp_path / name).mkdir(parents=True)
    builtin = tmp_path / "lib" / os.uname().release / "modules.builtin"
    builtin.write_text("kernel/net/bridge/bridge.ko\n")
    program = tmp_path / "programs" / "modprobe"
    program.write_text(MODPROBE.format(modules=tmp_path / "sys", bridges=tmp_path / "bridges"))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return tmp_path


def test_missing_modules_are_loaded_and_named(stock):
    loaded = kernel.load(stock / "sys", stock / "lib", stock / "bridges")
    assert {"br_netfilter", "veth", "nf_conntrack", "xt_MASQUERADE"} <= set(loaded)
    assert not {"overlay", "bridge", "xt_recent"} & set(loaded)
    assert kernel.load(stock / "sys", stock / "lib", stock / "bridges") == []


def test_bridges_of_the_machine_stay_unfiltered(stock):
    kernel.load(stock / "sys", stock / "lib", stock / "bridges")
    assert (stock / "bridges" / "bridge-nf-call-iptables").read_text() == "0\n"


def test_settings_of_a_module_that_was_there_are_left_alone(stock):
    (stock / "sys" / "br_netfilter").mkdir()
    (stock / "bridges" / "bridge-nf-call-iptables").write_text("1\n")
    kernel.load(stock / "sys", stock / "lib", stock / "bridges")
    assert (stock / "bridges" / "bridge-nf-call-iptables").read_text() == "1\n"


def test_a_kernel_without_modules_needs_none(tmp_path):
    assert kernel.missing(tmp_path, tmp_path) == []
    assert not kernel.without_modules(tmp_path)
    (tmp_path / "5.0-other").mkdir()
    assert kernel.without_modules(tmp_path)


@pytest.mark.parametrize(("backend", "module"), [("nf_tables", "nft_compat"), ("legacy", "iptable_nat")])
def test_only_modules_of_the_iptables_that_is_there(backend, module):
    assert module in kernel.wanted(backend)
    assert module not in kernel.wanted("")


def test_each_refusal_is_a_line_and_does_not_end_the_rest(tmp_path):
    steps = [
        ("one", ("sh", "-c", "echo no; echo 'such a thing' >&2; exit 2")),
        ("two", ("touch", "a b")),
        ("three", ("not-a-program",)),
    ]
    done = subprocess.run(
        ["sh", "-c", trial.script(steps)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert lines[0] == "one\tno such a thing"
    assert lines[1].startswith("three\t")
    assert lines[2:] == ["tried all"]
    assert (tmp_path / "a b").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may try")
def test_a_trial_leaves_nothing(tmp_path):
    links = sorted(Path("/sys/class/net").iterdir())
    result = trial.run(tmp_path)
    assert [one for one in result.failed if one.step == trial.NAMESPACES] == []
    assert list(tmp_path.iterdir()) == []
    assert sorted(Path("/sys/class/net").iterdir()) == links
    assert not cgroups.folders(f"{trial.MARK}{os.getpid()}")


def test_what_a_killed_trial_left_goes_with_the_next(tmp_path):
    process = subprocess.Popen(["true"])
    process.wait()
    left = tmp_path / f".{trial.MARK}{process.pid}"
    going = tmp_path / f".{trial.MARK}{os.getpid()}"
    (left / "upper").mkdir(parents=True)
    going.mkdir()
    trial.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [going]
