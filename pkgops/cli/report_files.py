"""Write reports: one moment or several as a web page, or as JUnit XML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pkgops import __version__
from pkgops.cli.history import past_of
from pkgops.errors import PkgopsError, UsageError

if TYPE_CHECKING:
    from pkgops.cli.session import Session
    from pkgops.flows.page_details import EnvironmentGates
    from pkgops.flows.report import Moment
    from pkgops.view.page import Gated


@contextmanager
def reported(paths: Sequence[Path] | None, shown: Session, name: str | None) -> Iterator[None]:
    """Write reports of a command's result when the block ends, also where it ends with an error.

    That error is the one that is shown; an error while writing the report is only noted then.

    Raises:
        PkgopsError: the command succeeded, but a report could not be written.
    """
    try:
        yield
    except PkgopsError:
        try:
            _write_all(paths or (), shown, name)
        except PkgopsError as error:
            shown.ports.note(f"no report is written: {error.summary}")
        raise
    _write_all(paths or (), shown, name)


def _write_all(paths: Sequence[Path], shown: Session, name: str | None) -> None:
    if not paths or not shown.targets:
        return
    from pkgops.flows import report as flow

    target = shown.targets[-1]
    moment = flow.now(target, name, shown.ports)
    for path in paths:
        if path.suffix == ".xml":
            write_junit(path, moment)
        else:
            write_page(path, [moment], target.name)
        shown.ports.note(f"report: {path}")


def write_page(path: Path, moments: Iterable[Moment], source: str, options: Sequence[str] = ()) -> int:
    """Write the page of some moments, and return how many different ones it contains.

    ``options`` are those of a command for the same cluster.

    Raises:
        UsageError: the file cannot be written.
    """
    from pkgops.view import page, report

    kept: list[dict[str, Any]] = []
    length = 0.0
    for one in moments:
        length = one.seconds
        content = shown_of(one, options)
        if not kept or not page.same(kept[-1], content):
            kept.append(content)
    title = kept[-1]["name"] if kept else ""
    about = {"title": title, "source": source, "version": __version__, "length": length}
    write(path, report.document(page.packed(kept, about)))
    return len(kept)


def shown_of(moment: Moment, options: Sequence[str] = ()) -> dict[str, Any]:
    """Return the data of a page for a moment, without user names and passwords in URLs.

    ``options`` are those of a command for the same cluster, which are added to the shown commands.
    """
    from pkgops.flows.next_command import on_the_same_cluster
    from pkgops.flows.record import cleaned
    from pkgops.view import page

    found = moment.details
    details = page.Details(
        chains=found.chains,
        pasts=None if found.pasts is None else [past_of(one) for one in found.pasts],
        gated=None if found.gated is None else [_gated(one) for one in found.gated],
        unknown=found.unknown,
        logs=[page.LogEnd(one.container, one.lines, one.unknown) for one in moment.logs],
    )
    shown = page.moment(moment.snapshot, moment.times, moment.objects, moment.seconds, details)
    for cause in shown["blockages"]:
        cause |= {label: on_the_same_cluster(cause[label], options) for label in ("next", "again")}
    content: dict[str, Any] = cleaned(shown)
    return content


def _gated(one: EnvironmentGates) -> Gated:
    from pkgops.cli.gates import rows_of
    from pkgops.view import page

    return page.Gated(one.environment, one.version, rows_of(one.outcomes), one.unknown)


def write_junit(path: Path, moment: Moment) -> None:
    """Write the stages of a moment as JUnit XML.

    Raises:
        UsageError: the file cannot be written.
    """
    from pkgops.view import junit

    write(path, junit.document(moment.snapshot))


def write(path: Path, text: str) -> None:
    """Write a file that only its owner may read.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"cannot write {path}", why=str(error), slug="report-file") from error
