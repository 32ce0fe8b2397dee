"""Commands as a person types them, run in this process against the API server in memory."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fake_registry import FakeRegistry
from memory_api import MemoryApi
from pipeline_kinds import serve_all
from shared_traces import lines

from pkgops.cli.main import main
from pkgops.flows import first_answer, logs, report
from pkgops.flows.run import follow


@cache
def _last(recording: str, until: float, after: float) -> tuple[dict[str, Any], ...]:
    """The last line of each object within a span: what came before it leaves no trace on a server."""
    found = {
        (
            line["object"]["kind"],
            line["object"]["metadata"].get("namespace"),
            line["object"]["metadata"]["name"],
        ): line
        for line in lines(recording)
        if after < line["t"] <= until
    }
    return tuple(sorted(found.values(), key=lambda line: float(line["t"])))


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Commands:
    """Types commands; the server holds what recordings tell, or what the commands themselves apply."""

    api: MemoryApi
    folder: Path
    capsys: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch

    def __call__(self, *words: str, user: str = "admin") -> Ended:
        self.patch.setenv(
            "KUBECONFIG", str(self.api.kubeconfig(self.folder / f"{user}.kubeconfig", user=user))
        )
        with pytest.raises(SystemExit) as ended:
            main([*words, "--context", "memory"])
        printed = self.capsys.readouterr()
        return Ended(int(ended.value.code or 0), printed.out, printed.err)

    def serve_all(self) -> None:
        """Serve the kinds of all seven systems."""
        serve_all(self.api)

    def play(self, recording: str, until: float, after: float = -1.0) -> None:
        """Let the server hold what a recording tells of a span of seconds."""
        self.serve_all()
        self.api.play(_last(recording, until, after))

    def go_on(self, recording: str, after: float, until: float, seconds: float = 1.5) -> threading.Thread:
        """Tell a span of a recording in the background, within so many seconds."""
        told = [line for line in lines(recording) if after < line["t"] <= until]

        def tell() -> None:
            for line in told:
                self.api.play([line])
                time.sleep(seconds / len(told))

        thread = threading.Thread(target=tell, daemon=True)
        thread.start()
        return thread

    def changed(self) -> list[tuple[str, str]]:
        """Return the requests so far that could have changed something."""
        return [
            (method, path)
            for method, path in self.api.requests
            if method != "GET" and "reviews" not in path and "dryRun=All" not in path
        ]

    def names(self, api_version: str, kind: str) -> list[str]:
        """Return the names of a kind's objects."""
        return [obj["metadata"]["name"] for obj in self.api.objects.all(self.api.of(api_version, kind))]

    def configure(self, registry: FakeRegistry, **values: Any) -> None:
        """Write a configuration with a registry and values; the cluster has all kinds and namespaces then."""
        settings = {
            "registry": {"server": f"http://{registry.host}", "tagPrefix": f"{registry.host}/demo/"},
            "steps": {step: {"image": "example.com/tools"} for step in ("test", "package")},
        }
        (self.folder / "pkgops.yaml").write_text(json.dumps(settings | values))
        self.serve_all()
        self.api.namespaces("default", "apps-dev", "apps-prod")


@pytest.fixture
def commands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Commands]:
    """Commands against a server that holds nothing, typed in an empty folder."""
    api = MemoryApi()
    # Its clusters answer at once: what a command sees in the end comes sooner, whatever it looks for.
    for module in (follow, logs, report):
        monkeypatch.setattr(module, "TICK", 0.05)
    monkeypatch.setattr(first_answer, "PAUSE", 0.05)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    yield Commands(api, tmp_path, capsys, monkeypatch)
    api.close()
