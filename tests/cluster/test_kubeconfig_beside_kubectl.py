"""kubectl makes of every form of kubeconfig the request that pkgops is held to."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import gateway
import pytest
from gateway import Gateway, Seen
from kubeconfig_forms import FORMS, expected, observe

from pkgops.kube import incluster

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("forms")


@pytest.fixture(scope="module")
def servers(folder):
    with gateway.running(folder) as found:
        yield found


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_form(kubectl_program, servers, folder, form):
    seen = observe(form, servers, folder, [str(kubectl_program), "get", "--raw", "/version"])
    assert seen == expected(form, servers, folder)


ASK = "from pkgops.kube import connect; print(connect().version())"


@pytest.mark.parametrize(
    "environ", [{}, {"HTTPS_PROXY": "http://127.0.0.1:1"}], ids=["alone", "with a proxy for others"]
)
def test_what_a_pod_has(
    kubectl_program: Path, servers: Gateway, folder: Path, environ: dict[str, str]
) -> None:
    """Without a kubeconfig both programs take the service account's token and authority."""
    asked = [
        in_a_pod(servers, folder, command, environ)
        for command in ([str(kubectl_program), "get", "--raw", "/version"], [sys.executable, "-c", ASK])
    ]
    assert asked[0] == asked[1]
    assert [one["authorization"] for one in asked[0].requests] == ["Bearer of-pod"]


def in_a_pod(servers: Gateway, folder: Path, command: Sequence[str], environ: dict[str, str]) -> Seen:
    """Run a command where the files of a service account lie, in a mount namespace of its own."""
    servers.seen = Seen()
    (folder / "token").write_text("of-pod\n")
    place = Path("/run") / incluster.FOLDER.relative_to("/var/run")
    script = f"""
mount -t tmpfs tmpfs /run
mkdir -p {place}
cp {folder}/ca.crt {folder}/token {place}
exec {shlex.join(command)}
"""
    kept = {
        key: text for key, text in os.environ.items() if "proxy" not in key.lower() and key != "KUBECONFIG"
    }
    address = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(servers.port("https"))}
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-euc", script],
        env={**kept, "HOME": str(folder), **address, **environ},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"v1.34.4" in done.stdout
    return servers.seen
