"""``pkgops ui`` without a name, where there are several workloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkgops import __version__
from pkgops.cli.report_files import shown_of
from pkgops.cli.ui_serving import PageOptions, served, start

if TYPE_CHECKING:
    from pkgops.flows.target import Target
    from pkgops.view.page_server import PageServer


def meant(target: Target) -> bool:
    """Return whether all workloads are shown where none is named."""
    from pkgops.flows import all_workloads

    named = str(target.settings.tree.origin("workload.name")) != "default"
    return not named and all_workloads.several(target)


def run(serve: type[PageServer], config: PageOptions) -> None:
    """Serve the matrix of all workloads, and the page of each below it, until interrupted."""
    from pkgops.flows.all_workloads import AllWorkloads
    from pkgops.flows.record import cleaned
    from pkgops.view import page_rows
    from pkgops.view.page_workloads import Workloads

    target = config.target
    namespace = target.settings.workload_namespace
    about = {"source": target.name, "version": __version__, "length": 0.0}
    about |= {"mayChange": config.planning is not None, "environments": config.environments}
    everything = {**about, "title": f"workloads of {namespace}", "namespace": namespace}
    with AllWorkloads(target, config.ports) as following:
        pages = Workloads(everything, config.read, config.planning, following.wake)
        news = following.changes(lambda: pages.wanted)
        pages.rows.put(next(news).names, {})
        with served(lambda token: serve(config.read, config.port, token, None, pages), config) as server:
            start(server, config)
            for one in news:
                rows = {name: cleaned(page_rows.row(found)) for name, found in one.snapshots.items()}
                pages.rows.put(one.names, rows)
                for name, moment in one.moments.items():
                    pages.put(
                        name, shown_of(moment, config.options), {**about, "title": name, "all": "../../"}
                    )
