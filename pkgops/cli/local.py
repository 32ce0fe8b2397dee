"""``pkgops local``: the cluster on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pkgops.cli.options import Output, OutputFormat, Progress, ProgressMode
from pkgops.cli.session import Session, session
from pkgops.errors import Exit

if TYPE_CHECKING:
    from pkgops.local import PartEvent
    from pkgops.local.overview import Status

app = typer.Typer(rich_markup_mode=None, help="Start, inspect and stop the cluster on this machine.")

Instance = Annotated[
    str | None,
    typer.Option(
        "--instance",
        metavar="NAME",
        envvar="PKGOPS_INSTANCE",
        help="The cluster's name.",
        show_default="pkgops",
    ),
]


@app.callback()
def root() -> None:
    """Start, inspect and stop the cluster on this machine."""


@app.command()
def up(
    instance: Instance = None,
    programs: Annotated[
        str,
        typer.Option(
            "--programs",
            metavar="download|compile|DIR",
            envvar="PKGOPS_PROGRAMS",
            help="Where the programs come from; DIR contains those of Kubernetes, or the releases' archives.",
            show_default="the official release where it can be reached, else compile",
        ),
    ] = "",
    mirror: Annotated[
        str,
        typer.Option(
            "--mirror",
            metavar="URL",
            envvar="PKGOPS_PROGRAMS_MIRROR",
            help="A server with the same paths as the official one.",
        ),
    ] = "",
    progress: Progress = ProgressMode.AUTO,
) -> None:
    """Start a small Kubernetes on this machine, or the missing parts of it.

    The first time, Debian packages are installed and Kubernetes is downloaded, or compiled (about ten
    minutes on two cores); an interrupted start continues where it stopped. Needs root.
    """
    from pkgops import local
    from pkgops.local.programs import source

    with session(_plain(progress)) as shown:
        cluster = local.up(instance, _show_events(shown), source=source(programs, mirror))
        shown.ports.done(f"the local cluster {cluster.name} answers at {cluster.address}")
    print(_facts(cluster.kubeconfig, cluster.registry, cluster.git))


@app.command()
def status(
    instance: Instance = None,
    output: Output = OutputFormat.TEXT,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 3 unless every part answers.")] = False,
) -> int:
    """Show which parts run, how long, and how much memory they use. Starts nothing."""
    from pkgops import local

    status_of_parts = local.status(instance)
    print(_status_document(status_of_parts) if output is OutputFormat.JSON else _status_text(status_of_parts))
    return Exit.UNREACHABLE if exit_code and not status_of_parts.runs else Exit.DONE


@app.command()
def down(
    instance: Instance = None,
    keep_data: Annotated[
        bool,
        typer.Option("--keep-data", help="Keep objects, images, volumes and Git history for the next start."),
    ] = False,
    progress: Progress = ProgressMode.AUTO,
) -> None:
    """Stop the cluster and remove everything that it created on this machine. The cache is kept."""
    from pkgops import local

    with session(_plain(progress)) as shown:
        ended = local.down(instance, _show_events(shown), keep_data=keep_data)
        kept = "; its data is kept" if keep_data else ""
        shown.ports.done(f"the local cluster is deleted{kept}" if ended else "there was no local cluster")


@app.command()
def check(instance: Instance = None) -> None:
    """Check whether this machine can run a local cluster; list everything that prevents it.

    Links, rules, a mount and a cgroup are created for it and removed again; kernel modules that
    had to be loaded stay loaded, and are named. Exit 3 where something prevents it.
    """
    from pkgops.local.check import require

    tried = require(instance).tried
    if tried.loaded:
        print(f"loaded into the kernel: {', '.join(tried.loaded)}")
    for step, program in tried.untried:
        print(f"not checked: {step}; {program} is not installed yet, the first start installs and checks it")
    print("this machine can run a local cluster")


@app.command()
def kubeconfig(
    instance: Instance = None,
    content: Annotated[bool, typer.Option("--content", help="Print the file, not its path.")] = False,
) -> None:
    """Print the path of the cluster's kubeconfig: export KUBECONFIG=$(pkgops local kubeconfig)."""
    path = _cluster(instance).kubeconfig
    print(path.read_text() if content else path)


# The options of a kubectl command belong to kubectl, and so do --help and -- behind its name.
PASSED_ON = {"allow_extra_args": True, "allow_interspersed_args": False, "ignore_unknown_options": True}


@app.command(context_settings=PASSED_ON)
def kubectl(context: typer.Context, instance: Instance = None) -> None:
    """Run kubectl on the cluster: pkgops local kubectl get pods -A.

    It is the kubectl of the cluster's own version; the user's own kubeconfig is not read.
    """
    from pkgops import tools
    from pkgops.local import binaries, golang

    cluster = _cluster(instance)
    built = binaries.located(golang.fetch().version)
    tools.become(str(built["kubectl"]), *cluster.kubectl_options, *context.args)


@app.command()
def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Remove it; the next start makes it again.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read every program and compare checksums.")
    ] = False,
    output: Output = OutputFormat.TEXT,
) -> int:
    """Show what is kept for the next start: compiled programs, image layers, compilers' caches."""
    from pkgops.local import cache
    from pkgops.view import machine

    if clear:
        print(f"removed {machine.megabytes(cache.clear())}")
        return Exit.DONE
    if verify:
        return _verify(cache.unsound())
    rows = [(str(entry.path), entry.size, entry.meaning) for entry in cache.entries()]
    if output is OutputFormat.JSON:
        folders = [{"path": path, "bytes": size, "what": what} for path, size, what in rows]
        print(machine.document("LocalCache", folders=folders))
    else:
        print(machine.sizes(rows))
    return Exit.DONE


def _verify(wrong: list[Path]) -> int:
    for path in wrong:
        print(f"{path} is not what was compiled or downloaded; remove it and run pkgops local up")
    if not wrong:
        print("every program is as it was compiled or downloaded")
    return Exit.FAILED if wrong else Exit.DONE


def _cluster(instance: str | None) -> Any:
    from pkgops import local
    from pkgops.errors import PreflightError

    cluster = local.find(instance)
    if cluster is None:
        raise PreflightError("there is no local cluster", next="pkgops local up", slug="local-absent")
    return cluster


def _plain(progress: ProgressMode) -> str:
    """Return lines where the mode is ``auto``: the board shows a pipeline, and there is none here."""
    return ProgressMode.PLAIN if progress in (ProgressMode.AUTO, ProgressMode.LIVE) else progress


def _show_events(shown: Session) -> Callable[[PartEvent], None]:
    def on_event(event: PartEvent) -> None:
        took = f" ({event.seconds:.1f}s)" if event.seconds else ""
        detail = f": {event.detail}" if event.detail else ""
        message = f"{event.part} {event.state}{detail}{took}"
        shown.ports.note(message, part=event.part, state=event.state, seconds=round(event.seconds, 3))

    return on_event


def _facts(kubeconfig: Path, registry: str, git: str) -> str:
    from pkgops.view import machine

    return machine.facts({"kubeconfig": str(kubeconfig), "registry": registry, "git": git})


def _rows(found: Status) -> list[dict[str, Any]]:
    return [
        {
            "part": part.name,
            "state": part.state,
            "pid": part.pid,
            "memoryBytes": part.memory,
            "seconds": round(part.seconds, 1),
            "log": str(part.log),
        }
        for part in found.parts
    ]


def _status_document(found: Status) -> str:
    from pkgops.view import machine

    cluster = found.cluster
    where = {
        "kubeconfig": str(cluster.kubeconfig) if cluster else None,
        "registry": cluster.registry if cluster else None,
        "git": cluster.git if cluster else None,
    }
    return machine.document("LocalStatus", instance=found.name, runs=found.runs, **where, parts=_rows(found))


def _status_text(found: Status) -> str:
    from pkgops.view import machine

    if found.cluster is None:
        return f"there is no local cluster {found.name}"
    where = _facts(found.cluster.kubeconfig, found.cluster.registry, found.cluster.git)
    return f"{machine.parts(_rows(found))}\n\n{where}"
