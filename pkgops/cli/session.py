"""What commands have in common: settings, progress, ports, the target, and consent."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pkgops.errors import PkgopsError, RefusedError
from pkgops.flows.naming import name_of
from pkgops.flows.ports import Ports, utc_now
from pkgops.settings import Origin, Overrides, Settings, load, parse_duration
from pkgops.values import Value, made
from pkgops.view import progress as progresses
from pkgops.view.one_at_a_time import OneAtATime

if TYPE_CHECKING:
    from pkgops.cli.options import ProgressMode
    from pkgops.flows.apply_plan import Plan
    from pkgops.flows.notify.notifier import Notifier
    from pkgops.flows.record import FileRecorder
    from pkgops.flows.run.deadlines import Limits
    from pkgops.flows.target import Target
    from pkgops.model.announcement import Announcement


def settings(
    values: Sequence[Path] | None,
    context: str | None = None,
    namespace: str | None = None,
    templates: Sequence[Path] | None = None,
    ytt: str | None = None,
    source: Path | None = None,
    *,
    ignore_unknown_comments: bool = False,
) -> Settings:
    """Return the settings of a command from its options, the environment and the files."""
    options: dict[str, tuple[Any, str]] = {}
    if context:
        options["pkgops.context"] = (context, "--context")
    if namespace:
        options["workload.namespace"] = (namespace, "--namespace")
    if templates:
        options["pkgops.templates"] = ([str(folder) for folder in templates], "--templates")
    if source:
        options["pkgops.source"] = (str(source.absolute()), "--source")
    if ytt:
        options["pkgops.ytt"] = (ytt, "--ytt")
    if ignore_unknown_comments:
        options["pkgops.ignoreUnknownComments"] = (True, "--ignore-unknown-comments")
    return load(Overrides(tuple(values or ()), options), os.environ, Path.cwd(), source)


SAMPLE_NOTE = (
    "no configuration is here, so this is the sample application; pkgops init writes one for your own folder"
)


def named_after_folder(settings: Settings, source: Path | None) -> tuple[Settings, str]:
    """Return settings named after a folder without a configuration, as by ``pkgops init``, with a note.

    Without a folder it is the sample application, with a note.
    """
    if str(settings.tree.origin("workload.name")) != "default":
        return settings, ""
    if source is None:
        named = settings.context or settings.source or settings.templates or settings.text("git.url")
        return settings, "" if named else SAMPLE_NOTE
    from pkgops.flows import project

    own = project.read_project(source)
    if project.is_sample(own.folder):
        return settings, ""
    completed = settings.with_defaults(own.values(), Origin("folder", str(source)))
    return completed, f"workload {own.name}, after its folder; pkgops init {source} writes a configuration"


class Session(Value, kw_only=True):
    """The progress that shows a command's steps, and the ports of its flow."""

    progress: progresses.Progress
    ports: Ports
    targets: list[Target] = made(default_factory=list)
    one_at_a_time: OneAtATime = made(default_factory=OneAtATime)
    notifiers: list[Notifier] = made(default_factory=list)

    def name(self, settings: Settings) -> None:
        """Print which cluster this command works on, before anything else."""
        context = settings.context
        self.ports.target(f"cluster: {name_of(context)}", context=context, local=not context)

    def ports_of(self, workload: str) -> Ports:
        """Return the ports for one of several workloads that are shown together."""
        own = self.progress.of(workload)
        calls = self.one_at_a_time.calls
        return Ports(on_event=calls(own.event), on_snapshot=calls(own.snapshot), on_log_end=own.log_end)

    def beside(self, target: Target, settings: Settings) -> Target:
        """Return an already resolved target with other settings."""
        from pkgops.flows import credentials

        return target.with_settings(credentials.complete(settings, os.environ))

    def notify(self, settings: Settings) -> None:
        """Start to send announcements to the configured addresses.

        Raises:
            UsageError: an address needs a library that is not installed.
        """
        if settings.notify:
            from pkgops.flows.notify.notifier import Notifier

            self.notifiers.append(Notifier(settings.notify, os.environ, self.ports.note))

    def target(self, settings: Settings, *, start: bool = True, dry_run: bool = False) -> Target:
        """Resolve the target, start the local cluster where that is it, and return it.

        A dry run changes nothing on this machine either: a cluster that does not run is an error then.
        """
        self.name(settings)
        from pkgops.flows import credentials, target

        completed = credentials.complete(settings, os.environ)
        found = target.resolve(completed, self.ports, start=start, read_only=dry_run)
        self.targets.append(found)
        return found


@contextmanager
def session(mode: ProgressMode | str) -> Iterator[Session]:
    """Show progress on stderr for as long as the block lasts; the last state stays."""
    progress = progresses.choose(str(mode), sys.stderr, os.environ, utc_now)
    try:
        one_at_a_time = OneAtATime()
        notifiers: list[Notifier] = []

        def announce(found: Announcement) -> None:
            for one in notifiers:
                one.announce(found)

        ports = Ports(
            on_event=one_at_a_time.calls(progress.event),
            on_snapshot=one_at_a_time.calls(progress.snapshot),
            on_log_end=progress.log_end,
            on_announcement=announce,
        )
        begun = Session(progress=progress, ports=ports, one_at_a_time=one_at_a_time, notifiers=notifiers)
        try:
            yield begun
        except PkgopsError as error:
            explained = _explained(begun, error)
            if explained is None:
                raise
            raise explained from error
        finally:
            for one in notifiers:
                one.close()
            one_at_a_time.end()
    finally:
        progress.close()


def _explained(session: Session, error: PkgopsError) -> PkgopsError | None:
    """Return the error with the controller that does not run; None where that is not the cause."""
    if not session.targets:
        return None
    from pkgops.flows import controllers

    return controllers.explain(session.targets[-1], error)


@contextmanager
def recording(path: Path | None) -> Iterator[FileRecorder | None]:
    """Record the watched objects in a file for as long as the block lasts; without a path, do nothing."""
    if path is None:
        yield None
        return
    from pkgops.flows.record import FileRecorder

    with FileRecorder(path) as recorder:
        yield recorder


def timeout_of(given: str | None, settings: Settings, command: str) -> float:
    """Return how long to wait, in seconds: ``--timeout``, else the configuration's."""
    return parse_duration(given, "--timeout") if given else settings.timeout(command)


def limits_of(given: str | None, settings: Settings, command: str) -> Limits:
    """Return how long to wait, overall and by stage."""
    from pkgops.flows.run.deadlines import Limits

    return Limits(timeout_of(given, settings, command), settings.stage_timeouts())


def consent(session: Session, *, confirms: bool, yes: bool, dry_run: bool = False) -> Any:
    """Return the function that asks the user to confirm changes on a cluster.

    It agrees by itself for clusters without confirmation, with ``--yes``, in a dry run, and where nothing
    would change.
    """

    def agree(cluster: str, plans: Sequence[Plan]) -> None:
        changes = [step for plan in plans for step in plan.changes]
        if not confirms or yes or dry_run or not changes:
            return
        lines = [f"{step.op} {step.place}" for step in changes]
        session.progress.close()
        confirm(cluster, lines)

    return agree


def confirm(cluster: str, lines: Sequence[str]) -> None:
    """Ask for confirmation on the terminal; without one, refuse.

    Raises:
        RefusedError: there is no terminal, or the user declined.
    """
    if not sys.stdin.isatty():
        raise RefusedError(
            f"{cluster} would be changed, and there is no terminal to ask on",
            why="\n".join(lines),
            next="run the command again with --yes, or with --dry-run to see the changes first",
            slug="not-confirmed",
        )
    import typer

    for line in lines:
        typer.echo(f"  {line}", err=True)
    if not typer.confirm(f"Change {cluster}?", err=True):
        raise RefusedError("nothing was changed", next="--dry-run shows what would be", slug="declined")
