"""An application behind the API server in memory, and who ends the TaskRuns there."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from commands_kit import Commands
from shared_traces import lines

NAME = "hello-go-web2pkg"
TEKTON = "tekton.dev/v1"
WELL = ("fourth-run", 200.0)
DEV, PROD = "0.1.1795906340", "0.1.1795906130"
"""The versions that run in apps-dev and apps-prod at that moment of the recording."""


def settle(commands: Commands, recording: str = WELL[0], until: float = WELL[1]) -> None:
    """Let the server hold what a recording has at a moment, without how it came to that."""
    found: dict[tuple[str, str, str], Any] = {}
    for line in lines(recording):
        if line["t"] <= until:
            meta = line["object"]["metadata"]
            key = (line["object"]["kind"], meta.get("namespace", ""), meta["name"])
            found.pop(key, None)
            if line["type"] != "DELETED":
                found[key] = line["object"]
    commands.serve_all()
    commands.api.put(*found.values())


@dataclass
class Application:
    """What the pods of an environment answer, and what they were asked."""

    status: int = 200
    text: str = "Hello, World!"
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    when_asked: Callable[[], None] = lambda: None


@contextmanager
def application(commands: Commands, *spaces: str) -> Iterator[Application]:
    """Serve behind all pods of some namespaces."""
    app = Application()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            app.asked.append((self.command, self.path, self.headers["Host"]))
            app.when_asked()
            body = app.text.encode()
            self.send_response(app.status)
            for name, value in app.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the base class's names

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    for pod in commands.api.objects.all(commands.api.of("v1", "Pod")):
        meta = pod["metadata"]
        if meta["namespace"] in spaces:
            commands.api.serving[meta["namespace"], meta["name"]] = ("127.0.0.1", server.server_port)
    yield app
    server.shutdown()
    server.server_close()


def task(name: str, *params: str, space: str = "apps-dev") -> dict[str, Any]:
    """Return a Task that declares some parameters."""
    spec = {"params": [{"name": one} for one in params], "steps": [{"name": "ask", "image": "tools"}]}
    return {
        "apiVersion": TEKTON,
        "kind": "Task",
        "metadata": {"name": name, "namespace": space, "uid": name},
        "spec": spec,
    }


@contextmanager
def tekton(commands: Commands, **reasons: str) -> Iterator[list[dict[str, Any]]]:
    """End each TaskRun of a Task with its reason; gives the runs as they were made.

    A run of a Task without a reason goes on for ever.
    """
    served, seen, over = commands.api.of(TEKTON, "TaskRun"), [], threading.Event()

    def look() -> None:
        known = {obj["metadata"]["name"] for obj in commands.api.objects.all(served)}
        while not over.wait(0.02):
            for run in commands.api.objects.all(served):
                name = run["metadata"]["name"]
                if name not in known:
                    known.add(name)
                    seen.append(run)
                    _play(commands, run, reasons.get(run["spec"]["taskRef"]["name"], "Running"))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    yield seen
    over.set()
    thread.join()


def _play(commands: Commands, run: dict[str, Any], reason: str) -> None:
    name = run["metadata"]["name"]
    ends = {"Succeeded": "True", "Running": "Unknown", "Pending": "Unknown"}
    step: dict[str, Any] = {"name": "ask", "container": "step-ask"}
    if reason == "Failed":
        step["terminated"] = {"exitCode": 1}
    status = {
        "podName": f"{name}-pod",
        "steps": [] if reason in ("Pending", "TaskRunImagePullFailed") else [step],
        "conditions": [
            {
                "type": "Succeeded",
                "status": ends.get(reason, "False"),
                "reason": reason,
                "message": '"step-ask" exited with code 1',
            }
        ],
    }
    commands.api.put({**run, "status": status})


def configure(commands: Commands, *checks: dict[str, Any], notify: str = "", **environment: Any) -> None:
    """Write a configuration whose first environment has checks, and which tells an address."""
    environments = [
        {"name": "apps-dev", "verify": list(checks), **environment},
        {"name": "apps-prod"},
    ]
    own = {"environments": environments, "notify": [notify] if notify else []}
    (commands.folder / "pkgops.yaml").write_text(json.dumps({"pkgops": own}))


def results(commands: Commands, space: str = "apps-dev") -> list[dict[str, Any]]:
    """Return what the ConfigMaps of verifications hold, the oldest first."""
    found = commands.api.objects.all(commands.api.of("v1", "ConfigMap"))
    mine = [
        obj
        for obj in found
        if obj["metadata"]["namespace"] == space
        and (obj["metadata"].get("labels") or {}).get("pkgops.dev/verification") == "v1"
    ]
    return sorted(
        (json.loads(obj["data"]["verification.json"]) for obj in mine), key=lambda one: one["begun"]
    )


def eventually(question: Callable[[], Any]) -> Any:
    """Ask until the answer is true and return it."""
    for _ in range(1500):
        if answer := question():
            return answer
        time.sleep(0.02)
    raise AssertionError("never true")
