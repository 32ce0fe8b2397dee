"""``pkgops`` without a command: the status and the next command, or the commands to begin with."""

from __future__ import annotations

from pkgops.cli.session import session, settings


def run() -> int:
    """Print the status of the target, and the next likely command; starts nothing."""
    from pkgops import local

    chosen = settings(None)
    if not chosen.context and local.find() is None:
        from pkgops.view import overview

        listed = [entry.name for entry in chosen.workloads]
        print(overview.beginning(listed or ([chosen.workload] if chosen.source is not None else [])))
        return 0
    with session("plain") as shown:
        target = shown.target(chosen, start=False)
        # Imported late: the cluster is named before anything heavy is loaded.
        from pkgops.flows import status as flow
        from pkgops.view import overview
        from pkgops.view import status as view

        found = flow.status(target, None, shown.ports) if flow.serves_workloads(target) else []
    print(view.table(found))
    print(overview.following(found, [one.name for one in target.settings.environments]))
    return 0
