import base64
import datetime as dt
import json
import stat
import tomllib
from pathlib import Path

import pytest

from pkgops.local import files, pki, resolver
from pkgops.local.instance import Instance
from pkgops.platform.config import read_config

IMAGES = {"pause": "10.244.5.1:5000/pkgops/pause:1", "go": "10.244.5.1:5000/pkgops/go:1"}
SHIM = Path("/cache/bin/containerd-1/containerd-shim-runc-v2")


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    made = Instance("one", 5, tmp_path_factory.mktemp("state") / "one")
    made.folder.mkdir()
    pki.ensure(made, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    files.write_all(made, IMAGES, SHIM, 1400)
    return made


def test_all_files_are_private(instance):
    written = [path for path in instance.conf.rglob("*") if path.is_file()]
    assert len(written) > 10
    assert {stat.S_IMODE(path.stat().st_mode) for path in [*written, instance.kubeconfig]} == {0o600}


def test_the_same_content_is_not_written_again(instance):
    before = {path: path.stat().st_ino for path in instance.conf.rglob("*")}
    files.write_all(instance, IMAGES, SHIM, 1400)
    assert {path: path.stat().st_ino for path in instance.conf.rglob("*")} == before


def test_containerd_shares_nothing(instance):
    found = tomllib.loads((instance.conf / "containerd.toml").read_text())
    cri = found["plugins"]["io.containerd.grpc.v1.cri"]
    places = [found["root"], found["state"], found["grpc"]["address"], cri["cni"]["conf_dir"]]
    assert all(place.startswith(str(instance.folder)) for place in places)
    assert cri["sandbox_image"] == IMAGES["pause"]
    assert cri["containerd"]["runtimes"]["runc"]["runtime_path"] == str(SHIM)
    assert cri["netns_mounts_under_state_dir"]
    # It is on by itself, at /var/run/nri/nri.sock.
    assert found["plugins"]["io.containerd.nri.v1.nri"] == {"disable": True}


def test_the_platform_reads_its_configuration(instance):
    found = read_config(instance.conf / "platform.json")
    assert (found.instance, found.address, found.registry) == ("one", "10.244.5.1", "10.244.5.1:5000")
    assert found.images == IMAGES


def test_the_person_s_kubeconfig_needs_no_other_file(instance):
    found = json.loads(instance.kubeconfig.read_text())
    assert found["clusters"][0]["cluster"]["server"] == "https://10.244.5.1:6443"
    key = base64.b64decode(found["users"][0]["user"]["client-key-data"])
    assert key == (instance.pki / "admin.key").read_bytes()
    assert found["current-context"] == "pkgops-one"


def test_the_kubelet_stays_below_its_cgroup(instance):
    found = json.loads((instance.conf / "kubelet.json").read_text())
    assert found["cgroupRoot"] == "/pkgops-one"
    assert found["clusterDNS"] == ["10.244.5.1"]
    assert not found["authentication"]["anonymous"]["enabled"]


def test_the_kubelet_has_a_file_of_its_own_for_name_servers(instance, monkeypatch, tmp_path):
    """It makes no pod while that file is gone, as one that links to that of a service that ended."""
    named = json.loads((instance.conf / "kubelet.json").read_text())["resolvConf"]
    assert named == str(instance.conf / "resolv.conf")
    with monkeypatch.context() as gone:
        gone.setattr(resolver, "RESOLV_CONFS", (tmp_path / "absent",))
        files.write_all(instance, IMAGES, SHIM, 1400)
    assert (instance.conf / "resolv.conf").read_text() == ""
    assert "forward" not in (instance.conf / "Corefile").read_text()
    files.write_all(instance, IMAGES, SHIM, 1400)


def test_without_name_servers_nothing_is_passed_on(instance):
    assert "forward" not in files.corefile(instance, [])
    assert "forward . 192.0.2.53" in files.corefile(instance, ["192.0.2.53"])
