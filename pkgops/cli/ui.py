"""``pkgops ui``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pkgops import __version__
from pkgops.cli.options import Context, Namespace, Templates, Values, WorkloadName, options_of
from pkgops.cli.report_files import shown_of
from pkgops.cli.session import limits_of, session, settings
from pkgops.cli.ui_serving import PageOptions, served, start
from pkgops.errors import PreflightError

if TYPE_CHECKING:
    from pkgops.flows.target import Target
    from pkgops.view.page_changes import Planning
    from pkgops.view.page_server import PageServer

LOG_LINES = 2000
"""How many lines of a log are read that were written before it is opened."""
Port = Annotated[
    int, typer.Option("--port", metavar="N", min=0, max=65535, help="The port; 0 is a free one.")
]
AllowChanges = Annotated[
    bool,
    typer.Option("--allow-changes", help="Let the page rerun, promote and roll back, after a confirmation."),
]
Open = Annotated[bool, typer.Option("--open/--no-open", help="Open a browser where there is a desktop.")]


def command(
    name: WorkloadName = None,
    port: Port = 0,
    open: Open = True,
    allow_changes: AllowChanges = False,
    values: Values = None,
    templates: Templates = None,
    context: Context = None,
    namespace: Namespace = None,
) -> None:
    """Show a pipeline as a web page that follows it, until interrupted.

    Without a name, where the namespace has several workloads and the configuration names none of them,
    it is the matrix of all, from which each is opened.

    It is served on this machine only, to everyone with the printed address. Nothing can be changed there
    without --allow-changes. With --port the address stays the same, so that an open page reconnects to a
    restarted command.
    """
    with session("plain") as shown:
        serve = _library()
        target = shown.target(settings(values, context, namespace, templates), start=False)
        # Imported late: the cluster is named before anything heavy is loaded.
        from pkgops.cli import ui_workloads
        from pkgops.flows import log_ends

        read = partial(log_ends.follow, target.clusters, tail=LOG_LINES)
        options = options_of(values, context, namespace, templates)

        def planning(workload: str) -> Planning:
            return _planning(target, workload, options)

        config = PageOptions(
            target=target,
            ports=shown.ports,
            read=read,
            planning=planning if allow_changes else None,
            port=port,
            open=open,
            options=options,
        )
        if name is None and ui_workloads.meant(target):
            ui_workloads.run(serve, config)
        else:
            _one(serve, config, name)


def _one(serve: type[PageServer], config: PageOptions, name: str | None) -> None:
    from pkgops.flows import report as flow
    from pkgops.view import page

    moments = flow.follow(config.target, name, config.ports)
    last: dict[str, Any] = shown_of(next(moments), config.options)
    about = {"title": last["name"], "source": config.target.name, "version": __version__, "length": 0.0}
    about |= {"mayChange": config.planning is not None, "environments": config.environments}
    planning = config.planning(last["name"]) if config.planning else None
    with served(lambda token: serve(config.read, config.port, token, planning), config) as server:
        server.latest.put(page.packed([last], about))
        start(server, config)
        for moment in moments:
            found = shown_of(moment, config.options)
            if not page.same(last, found):
                last = found
                server.latest.put(page.packed([found], about))


def _library() -> type[PageServer]:
    try:
        from pkgops.view.page_server import PageServer
    except ModuleNotFoundError as missing:
        raise PreflightError(
            f"Python libraries are missing: {missing.name}",
            why="the page is served with Starlette and uvicorn; pkgops report writes it without them",
            next="pip install 'pkgops[ui]'",
            slug="ui-missing",
        ) from missing
    return PageServer


def _planning(target: Target, name: str, options: Sequence[str]) -> Planning:
    from pkgops.cli.page_changes import PageChanges

    return PageChanges(
        target=target, name=name, limits=limits_of(None, target.settings, "promote"), options=options
    ).plan
