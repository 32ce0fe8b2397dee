"""A Follower of one workload and its environments, each environment on its own cluster."""

from __future__ import annotations

from collections.abc import Sequence

from pkgops.flows.ports import Ports
from pkgops.flows.run.watch import Follower, Recorder
from pkgops.flows.target import Target
from pkgops.kube import Client
from pkgops.pipeline import Scope
from pkgops.settings import EnvironmentSetting


def follower(
    target: Target,
    name: str,
    environments: Sequence[EnvironmentSetting],
    ports: Ports,
    recorder: Recorder | None = None,
) -> Follower:
    """Return a Follower, not begun yet, of a workload (all of the namespace without a name)."""
    clients = {one.namespace: target.client_of(one) for one in environments}
    spaces = tuple((one.name, one.namespace) for one in environments)
    focus = Scope(target.settings.workload_namespace, name, spaces)

    def client_of(namespace: str) -> Client:
        return clients.get(namespace, target.client)

    return Follower(target.client, focus, now=ports.now, recorder=recorder, client_of=client_of)
