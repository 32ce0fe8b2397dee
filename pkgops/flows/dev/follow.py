"""Follow a folder: saves are read from it, Snapshots from the watches of the run."""

from __future__ import annotations

from pathlib import Path

from pkgops.errors import Interrupted
from pkgops.flows import up
from pkgops.flows.dev import state as machine
from pkgops.flows.dev.answers import DevRequest
from pkgops.flows.dev.folder import FolderWatch
from pkgops.flows.dev.loop import Inbox, Loop
from pkgops.flows.ports import Ports
from pkgops.flows.run import watch
from pkgops.flows.target import Target


def dev(target: Target, request: DevRequest, ports: Ports) -> str:
    """Follow a folder until the person ends it; each save becomes a run, and a newer one supersedes it.

    Returns the name of the workload where the user pressed the key to quit; what to keep is asked by the
    caller.

    Raises:
        Interrupted: the person interrupted it (Ctrl-C).
        PreflightError, RefusedError, UsageError: nothing could be submitted, or the folder cannot be
        followed.
    """
    inbox, begun = Inbox(), ports.now()
    with FolderWatch(request.folder, inbox.put):
        # Records of every save would displace those of releases.
        asked = up.UpRequest(how=request.how, limits=request.limits, source=request.folder, recorded=False)
        first = up.submit(target, asked, ports)
        assert first.run is not None, "only a dry run has none"
        run = first.run
        run_watch = watch.of_workload(first.target, run.name, run.environments, ports)
        with run_watch as watched, request.keys(lambda key: inbox.put(machine.Pressed(key, ports.now()))):
            inbox.wake = watched.wake
            ports.note(f"following {request.folder}; a save starts a run, Ctrl-C ends this")
            loop = Loop(first.target, request, run, watched, ports, begun)
            try:
                loop.take(machine.Pushed(first.commit))
                loop.run(inbox)
            except KeyboardInterrupt:
                raise left(request.folder, run.name) from None
    return run.name


def left(folder: Path, workload: str) -> Interrupted:
    """Return the message for the end of ``dev``: what keeps running."""
    return Interrupted(
        f"{folder} is not followed any more",
        why=f"the application keeps answering, and a run that has begun continues: pkgops status {workload}",
        next=f"pkgops dev continues here; pkgops clean {workload} deletes the workload",
    )
