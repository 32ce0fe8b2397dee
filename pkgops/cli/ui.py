"""``pkgops ui``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pkgops import __version__
from pkgops.cli import page_token
from pkgops.cli.leave import open_address
from pkgops.cli.options import Context, Namespace, Templates, Values, WorkloadName
from pkgops.cli.report_files import shown_of
from pkgops.cli.session import limits_of, session, settings
from pkgops.errors import PreflightError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from pkgops.flows.ports import Ports
    from pkgops.flows.target import Target
    from pkgops.view.page_changes import Planning
    from pkgops.view.page_logs import Read
    from pkgops.view.page_server import PageServer

LOG_LINES = 2000
"""As many lines of a log that were written before somebody looks at it."""
Port = Annotated[
    int, typer.Option("--port", metavar="N", min=0, max=65535, help="The port; 0 is a free one.")
]
AllowChanges = Annotated[
    bool,
    typer.Option("--allow-changes", help="Let the page rerun, promote and roll back, after a question."),
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

    Without a name, where the namespace holds several workloads and the configuration names none of them,
    it is the matrix of all, from which each is opened.

    It is served on this machine only; who has the printed address may look. Nothing can be changed there
    without --allow-changes. With --port the address stays the same, so that an open page finds a command
    that was started again.
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

        asked = Asked(target, shown.ports, read, planning if allow_changes else None, port, open)
        if name is None and ui_workloads.meant(target):
            ui_workloads.run(serve, asked)
        else:
            _one(serve, asked, name)


@dataclass(frozen=True)
class Asked:
    """What is served, and how; without ``planning`` nothing may be changed."""

    target: Target
    ports: Ports
    read: Read
    planning: Callable[[str], Planning] | None
    port: int
    open: bool

    @property
    def environments(self) -> list[str]:
        """The names of the environments that the configuration has, in the order of delivery."""
        return [one.name for one in self.target.settings.environments]


def _one(serve: type[PageServer], asked: Asked, name: str | None) -> None:
    from pkgops.flows import report as flow
    from pkgops.view import page

    moments = flow.follow(asked.target, name, asked.ports)
    last: dict[str, Any] = shown_of(next(moments))
    about = {"title": last["name"], "source": asked.target.name, "version": __version__, "length": 0.0}
    about |= {"mayChange": asked.planning is not None, "environments": asked.environments}
    planning = asked.planning(last["name"]) if asked.planning else None
    with served(lambda token: serve(asked.read, asked.port, token, planning), asked) as server:
        server.latest.put(page.packed([last], about))
        tell(server, asked)
        for moment in moments:
            found = shown_of(moment)
            if not page.same(last, found):
                last = found
                server.latest.put(page.packed([found], about))


def tell(server: PageServer, asked: Asked) -> None:
    """Begin to serve, and tell where."""
    server.begin()
    print(server.address, flush=True)
    if asked.open and not open_address(server.address):
        asked.ports.note("no browser could be opened; open the address yourself")


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


def options_of(
    values: Sequence[Path] | None,
    context: str | None,
    namespace: str | None,
    templates: Sequence[Path] | None,
) -> list[str]:
    """Return the options with which another command works on the same cluster with the same settings."""
    given = [("-f", str(one)) for one in values or ()]
    given += [("--context", context)] if context else []
    given += [("-n", namespace)] if namespace else []
    given += [("--templates", str(one)) for one in templates or ()]
    return [word for pair in given for word in pair]


@contextmanager
def served(serve: Callable[[str], PageServer], asked: Asked) -> Iterator[PageServer]:
    """Serve for as long as the block lasts, and until a change that was begun has ended.

    Raises:
        UsageError: the port is taken, or its address cannot be kept.
    """
    port = asked.port
    try:
        server = serve(page_token.of_port(port) if port else "")
    except OSError as error:
        raise UsageError(
            f"port {port} cannot be listened on",
            why=os.strerror(error.errno) if error.errno else str(error),
            next="leave --port out, for a free port, or name another one",
            slug="port-taken",
        ) from error
    try:
        yield server
    except KeyboardInterrupt:
        # That is how it is meant to end.
        asked.ports.note("the page is served no more; on the cluster nothing has changed by that")
    finally:
        if server.busy:
            # What changes an environment ends by itself, and its record says how.
            asked.ports.note(
                "the change that was begun on the page goes on until it has ended; then this ends"
            )
            server.wait()
        server.end()
