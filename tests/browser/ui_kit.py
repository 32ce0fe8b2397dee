"""``pkgops ui --allow-changes`` in a process of its own, for a cluster in memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from memory_api import MemoryApi


@contextmanager
def page_of(api: MemoryApi, folder: Path, registry: str) -> Iterator[str]:
    """Serve the page of a workload whose packages are in a registry; yield its address."""
    steps = {step: {"image": "example.com/tools"} for step in ("test", "package")}
    settings: dict[str, Any] = {
        "registry": {"server": f"http://{registry}", "tagPrefix": f"{registry}/demo/"},
        "steps": steps,
        "git": {"url": "https://git.example.com/demo/hello-go.git"},
    }
    (folder / "pkgops.yaml").write_text(json.dumps(settings))
    kubeconfig = api.kubeconfig(folder / "kubeconfig")
    words = ["ui", "--no-open", "--allow-changes", "--context", "memory"]
    process = subprocess.Popen(
        [sys.executable, "-c", "from pkgops.cli.main import main; main()", *words],
        env={**os.environ, "KUBECONFIG": str(kubeconfig), "XDG_STATE_HOME": str(folder / "state")},
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.send_signal(signal.SIGINT)
    assert process.wait() == 0


def focused(page: Any, name: str) -> None:
    """Wait until the keyboard is at what has this label or id, as it is once the server has answered."""
    active = "document.activeElement.getAttribute('aria-label') || document.activeElement.id"
    page.wait_for_function(f"name => ({active}) === name", arg=name)
