"""Which instance has lost its API server, and which was stopped by somebody."""

from __future__ import annotations

import subprocess

import pytest

from pkgops.local import part_process, processes, start
from pkgops.local.instance import Instance


@pytest.fixture
def instance(tmp_path):
    made = Instance("mine", 0, tmp_path)
    made.run.mkdir()
    return made


@pytest.fixture
def begin(instance):
    """Begin a process as a part of that name, which ends with the test."""
    begun = []

    def part(name):
        process = subprocess.Popen(["sleep", "60"])
        begun.append(process)
        assert processes.save(part_process.record_path(instance, name), process.pid, "mark")
        return process

    yield part
    for process in begun:
        process.kill()
        process.wait()


def test_all_parts_run(instance, begin):
    for name in ("etcd", "kube-apiserver", "kubelet"):
        begin(name)
    assert not start.lost_server(instance)


@pytest.mark.parametrize("lost", start.SERVER)
def test_the_server_or_what_it_needs_ended(instance, begin, lost):
    begun = {name: begin(name) for name in ("etcd", "kube-apiserver", "kubelet")}
    begun[lost].kill()
    begun[lost].wait()
    assert start.lost_server(instance)


def test_another_part_ended(instance, begin):
    for name in ("etcd", "kube-apiserver"):
        begin(name)
    kubelet = begin("kubelet")
    kubelet.kill()
    kubelet.wait()
    assert not start.lost_server(instance)


def test_what_somebody_stopped_stays_so(instance, begin):
    for name in ("etcd", "kube-apiserver", "kubelet"):
        process = begin(name)
        process.kill()
        process.wait()
    assert not start.lost_server(instance)


def test_no_instance_is_none_that_lost_something(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert not start.repair("nobody")
    assert not (tmp_path / "pkgops" / "nobody").exists()
