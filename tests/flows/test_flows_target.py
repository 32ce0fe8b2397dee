"""What the local cluster brings along, and where a folder is pushed to."""

from __future__ import annotations

import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from pkgops.errors import RefusedError, UsageError
from pkgops.flows import local_cluster, naming, target
from pkgops.flows.local_values import local_values
from pkgops.flows.ports import Ports
from pkgops.kube import ClusterDeleted, retry
from pkgops.local import LocalCluster
from pkgops.settings import Overrides, load
from pkgops.values import replace

CLUSTER = LocalCluster(
    name="test", kubeconfig=Path("kubeconfig"), context="pkgops-test", address="10.244.9.1",
    registry="10.244.9.1:5000", git="http://10.244.9.1:3000",
    images={"go": "10.244.9.1:5000/pkgops/go:1", "toolbox": "10.244.9.1:5000/pkgops/toolbox:1"},
)  # fmt: skip


def settings(folder, text=""):
    (folder / "config.yaml").write_text(text)
    return load(Overrides(), {}, folder)


def targeted(found, local=CLUSTER):
    return target.Target(
        name="here", client=SimpleNamespace(), settings=found, confirms=local is None, local=local
    )


def test_the_local_cluster_brings_registry_git_and_images(tmp_path):
    found = settings(tmp_path)
    completed = found.with_defaults(local_values(CLUSTER, found), target.LOCAL)
    assert completed.text("registry.tagPrefix") == "10.244.9.1:5000/demo/"
    assert completed.text("git.url") == "http://10.244.9.1:3000/hello-go.git"
    assert completed.text("steps.test.image") == "10.244.9.1:5000/pkgops/go:1"
    assert str(completed.tree.origin("git.url")) == "local cluster"


def test_the_claim_for_caches_is_only_where_it_is(tmp_path):
    here = local_values(CLUSTER, settings(tmp_path))
    elsewhere = local_values(CLUSTER, settings(tmp_path, "workload:\n  namespace: other\n"))
    assert here["steps"]["test"]["cacheClaim"]
    assert elsewhere["steps"]["test"]["cacheClaim"] == ""


def test_the_builder_that_templates_name_counts_unless_the_language_has_one_of_its_own(tmp_path):
    """Values of the cluster come after those of a data values file beside one's own templates."""
    assert "build" not in local_values(CLUSTER, settings(tmp_path))
    of_python = local_values(CLUSTER, settings(tmp_path, "workload:\n  language: python\n"))
    assert of_python["build"] == {"builder": {"name": "builder-python"}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "http://10.244.9.1:3000/hello-go.git"),
        ("git:\n  url: https://git.example.com/team/shop.git\n", "http://10.244.9.1:3000/shop.git"),
    ],
)
def test_a_pushed_folder_is_what_the_pipeline_follows(tmp_path, text, expected):
    found = targeted(settings(tmp_path, text)).following_source().settings
    assert found.text("git.url") == expected
    assert str(found.tree.origin("git.url")) == "--source"


def test_only_the_local_cluster_takes_folders(tmp_path):
    with pytest.raises(RefusedError) as caught:
        targeted(settings(tmp_path), None).check_source(tmp_path)
    assert caught.value.slug == "no-git-server"
    with pytest.raises(UsageError):
        targeted(settings(tmp_path)).check_source(tmp_path / "none")


def test_a_folder_goes_to_a_branch_of_ones_own_where_the_teams_server_takes_pushes(tmp_path):
    server, folder = tmp_path / "shop.git", tmp_path / "shop"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=release", str(server)], check=True)
    folder.mkdir()
    (folder / "go.mod").write_text("module shop\n")
    found = targeted(settings(tmp_path, f"git: {{push: 'file://{server}', branch: dev-ada}}\n"), None)
    found.check_source(folder)
    told = []
    commit = found.push_source(folder, Ports(on_event=told.append))
    listed = subprocess.run(
        ["git", "-C", str(server), "rev-parse", "dev-ada"], check=True, capture_output=True, text=True
    )
    assert listed.stdout.strip() == commit
    assert "branch dev-ada of" in told[0].message


class Slow(BaseHTTPRequestHandler):
    """An API server that leaves the first requests without an answer."""

    asked = 0

    def do_GET(self):
        type(self).asked += 1
        if self.asked > 2:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"major": "1"}')

    def log_message(self, *_):
        """Keep quiet."""


def local_at(port, folder):
    (folder / "kubeconfig").write_text(
        f"clusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:{port}'}}}}]\n"
        "contexts: [{name: here, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {}}]\n"
    )
    return replace(CLUSTER, kubeconfig=folder / "kubeconfig", context="here")


def test_a_local_cluster_that_another_command_takes_down_is_not_waited_for(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    cluster = local_at(port, tmp_path)
    client = local_cluster.connect_local(cluster, lambda _: cluster.kubeconfig.unlink(), 600.0)
    with pytest.raises(ClusterDeleted, match=f"the local cluster {cluster.name} was taken down") as caught:
        client.version()
    assert caught.value.next == "pkgops local up, then the same command"


def test_a_local_cluster_that_is_slow_is_asked_again(tmp_path, monkeypatch):
    monkeypatch.setattr(retry, "FIRST_CONTACT_SECONDS", 0.0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cluster = local_at(server.server_port, tmp_path)
    assert local_cluster.connect_local(cluster, lambda _: None).version() == {"major": "1"}
    server.shutdown()
    server.server_close()


def test_what_a_cluster_is_called():
    assert naming.name_of("team", {}) == "context team"
    assert naming.name_of("", {}) == "the local cluster"
    assert naming.name_of("", {"PKGOPS_INSTANCE": "other"}) == "the local cluster other"
