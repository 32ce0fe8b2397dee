"""The result of ``up`` and ``deliver``: which commit answers, where, with which status."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from pkgops.model import Environment, Snapshot
from pkgops.model.revision import short_commit
from pkgops.view import status, text
from pkgops.view.errors import API_VERSION


def sentence(workload: str, environment: Environment, http_status: int | None) -> str:
    """Return one line: what answers where, or what was delivered without an application."""
    commit = f" (commit {short_commit(environment.revision)})" if environment.revision else ""
    version = f" {environment.version}" if environment.version else ""
    if http_status is None:
        return text.visible(
            f"{workload}{version}{commit} is delivered to {environment.name}; it {environment.note}"
        )
    return text.visible(f"{workload}{version}{commit} answers in {environment.name}: HTTP {http_status}")


def built(snapshot: Snapshot) -> str:
    """Return one line for a supply chain that is done and does not deploy an application."""
    name = snapshot.workload.name if snapshot.workload else "the workload"
    commit = f" (commit {short_commit(snapshot.revision)})" if snapshot.revision else ""
    image = f": {text.digest(snapshot.image)}" if snapshot.image else ""
    apps = [one.object for one in snapshot.stages if one.object is not None and one.object.kind == "App"]
    runs = (
        f"{apps[-1]} deploys neither a Service of Knative nor a Deployment"
        if apps
        else "nothing is deployed by it"
    )
    return text.visible(f"{name}{commit}: its supply chain is done{image}; {runs}")


def hints(workload: str, environment: Environment, others: tuple[str, ...]) -> str:
    """Return the commands that may follow."""
    lines = [f"  url: {_reached(environment.url)}"] if environment.url and not environment.note else []
    lines.append(f"  pkgops open {workload} --curl" if environment.serves else f"  pkgops trace {workload}")
    lines += [f"  pkgops promote {workload} --to {name}" for name in others[:1]]
    return text.visible_lines("\n".join(lines))


def _reached(url: str) -> str:
    """Return an address, with a note if it can be reached inside the cluster only."""
    host = urlsplit(url).hostname or ""
    return f"{url} (inside the cluster only)" if ".svc." in f"{host}." else url


def document(workload: str, environment: Environment, http_status: int | None, body: str) -> str:
    """Return the same as JSON, of kind ``Delivery``; without an answer where there is no application."""
    found = {
        "apiVersion": API_VERSION,
        "kind": "Delivery",
        "workload": workload,
        "environment": status.environment(environment),
        "answer": None if http_status is None else {"status": http_status, "body": body},
    }
    return json.dumps(found, indent=2)
