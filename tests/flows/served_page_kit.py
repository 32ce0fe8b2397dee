"""The server of a page whose cluster is in memory, and what a browser sends to it."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from commands_kit import Commands
from fake_registry import FakeRegistry
from memory_api import MemoryApi
from recorded_promotion import NAME, RecordedPromotion

from pkgops.cli.options import options_of
from pkgops.cli.page_changes import PageChanges
from pkgops.cli.session import limits_of, session, settings
from pkgops.view import page_access, page_server

Told = dict[str, Any]


@dataclass(frozen=True)
class ServedPage:
    """The page of one workload, its cluster, and the commands that a person types for the same cluster."""

    commands: Commands
    cluster: RecordedPromotion
    server: page_server.PageServer

    def ask(self, method: str, path: str, body: Any = None) -> http.client.HTTPResponse:
        """Ask as the page in a browser does."""
        own = f"127.0.0.1:{self.server.port}"
        connection = http.client.HTTPConnection(page_access.HOST, self.server.port, timeout=120)
        headers = {
            "Host": own,
            "Origin": f"http://{own}",
            "Cookie": f"pkgops={self.server.access.secret}",
            "Content-Type": "application/json",
        }
        connection.request(method, f"{self.server.access.path}{path}", json.dumps(body), headers)
        return connection.getresponse()

    def plan(self, wanted: Told) -> Told:
        """Look at what would be changed."""
        answer = self.ask("POST", "changes/plan", wanted)
        told: Told = json.loads(answer.read())
        assert answer.status == 200, told
        return told

    def run(self, planned: Told) -> Iterator[Told]:
        """Agree to what was looked at; return all that every viewer is told of it, in order."""
        told = self._doing()
        assert self.ask("POST", "changes/run", {"id": planned["id"]}).status == 202
        return told

    def _doing(self) -> Iterator[Told]:
        for line in self.ask("GET", "events"):
            if line.startswith(b"data: ") and (found := json.loads(line[6:]).get("doing")):
                yield found

    def history(self) -> list[tuple[str, str, str]]:
        """What changed apps-prod, the newest first: action, result and version."""
        (past,) = self.commands("history", "--env", "apps-prod", "-o", "json").json()["environments"]
        return [(one["action"], one["result"], one["after"]["version"]) for one in past["releases"]]


def end(told: Iterator[Told]) -> Told:
    """How a change ended."""
    return next(one for one in told if one["state"] != "working")


@contextmanager
def served(
    commands: Commands,
    registry: FakeRegistry,
    recorded: Callable[[MemoryApi], AbstractContextManager[RecordedPromotion]],
) -> Iterator[ServedPage]:
    """Serve the page of a recorded cluster that may be changed."""
    commands.configure(registry, git={"url": "https://git.example.com/demo/hello-go.git"})
    path = commands.api.kubeconfig(commands.folder / "kubeconfig", user="admin")
    commands.patch.setitem(os.environ, "KUBECONFIG", str(path))
    with recorded(commands.api) as cluster, session("plain") as shown:
        target = shown.target(settings(None, "memory"), start=False)
        changes = PageChanges(
            target=target,
            name=NAME,
            limits=limits_of("1h", target.settings, "promote"),
            options=options_of(None, "memory", None, None),
        )
        server = page_server.PageServer(lambda *_: iter(()), planning=changes.plan)
        server.latest.put({"title": NAME})
        server.begin()
        yield ServedPage(commands, cluster, server)
        cluster.goes_on.set()
        server.changes.wait()
        server.end()
