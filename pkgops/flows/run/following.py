"""A Follower of one workload and its environments, each environment on its own cluster."""

from __future__ import annotations

from collections.abc import Sequence

from pkgops.flows.ports import Ports
from pkgops.flows.run.watch import Follower, Recorder
from pkgops.flows.target import Target
from pkgops.settings import EnvironmentSetting


def follower(
    target: Target,
    name: str,
    environments: Sequence[EnvironmentSetting],
    ports: Ports,
    recorder: Recorder | None = None,
) -> Follower:
    """Return a Follower, not begun yet, of a workload (all of the namespace without a name)."""
    clusters = target.clusters.preferring(environments)
    scope = clusters.scope(target.settings.workload_namespace, name, environments)
    return Follower(clusters.home, scope, now=ports.now, recorder=recorder, client_of=clusters.of_namespace)
