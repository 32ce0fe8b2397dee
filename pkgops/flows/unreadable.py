"""Errors of lists and watches as Unreadable kinds."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pkgops.errors import PkgopsError, PreflightError
from pkgops.flows.next_command import COMMANDS
from pkgops.kube import ApiError, Denied, Forbidden, NotFound, is_temporary
from pkgops.kube.discovery import plural
from pkgops.model import Blockage, CauseCode, Snapshot, State, Unreadable
from pkgops.pipeline import Watch, kinds

if TYPE_CHECKING:
    from pkgops.kube import Informer


AGGREGATED = {kinds.PACKAGE.group: "kapp-controller"}
"""The controllers that serve aggregated API groups."""


def of(watch: Watch, error: PkgopsError) -> Unreadable:
    """Return the Unreadable of a kind that could not be listed or watched."""
    if refusal(error):
        code, text = CauseCode.MAY_NOT_READ, sentence(error, watch.namespace)
    else:
        code, text = CauseCode.NOT_REACHABLE, f"{_place(watch)} not reachable: {_error_text(error)}"
    return Unreadable(
        api_version=watch.api_version, kind=watch.kind, namespace=watch.namespace, code=code, sentence=text
    )


def unlisted(watch: Watch) -> Unreadable:
    """Return the Unreadable of a kind whose first list has not arrived."""
    text = f"{_place(watch)} not listed yet"
    return Unreadable(
        api_version=watch.api_version,
        kind=watch.kind,
        namespace=watch.namespace,
        code=CauseCode.NOT_LISTED,
        sentence=text,
    )


def unserved(watch: Watch, error: PkgopsError | None = None) -> Unreadable:
    """Return the Unreadable of a kind that objects refer to and the cluster does not serve.

    With an ``error`` it does not for now: the server of an aggregated API is named.
    """
    group, _, version = watch.api_version.rpartition("/")
    kind = f"{plural(watch.kind)}.{group}".rstrip(".")
    text = f"this cluster does not serve {kind} ({version})"
    if error is not None:
        by = f"; {AGGREGATED[group]} serves it" if group in AGGREGATED else ""
        text += f" for now: {_error_text(error)}{by}"
    return Unreadable(
        api_version=watch.api_version,
        kind=watch.kind,
        namespace=watch.namespace,
        code=CauseCode.NOT_SERVED,
        sentence=text,
    )


def gaps(
    informers: Mapping[Watch, Informer],
    failed: Mapping[Watch, PkgopsError],
    listed: Container[Watch],
    roots: Container[Watch],
) -> list[Unreadable]:
    """Return what cannot be read now: kinds that may not be read, are not served, or were not listed yet.

    ``failed`` are watches that could not start, ``listed`` those whose first list was taken completely. Of
    the ``roots``, which every run begins with, those that are not served count as empty.
    """
    unread = [of(watch, error) for watch, error in failed.items()]
    for watch, informer in informers.items():
        error = informer.error
        if error is not None and refusal(error):
            unread.append(of(watch, error))
        elif isinstance(error, NotFound) and watch not in roots:
            unread.append(unserved(watch))
        elif watch not in listed:
            away = isinstance(error, ApiError) and is_temporary(error) and watch not in roots
            unread.append(unserved(watch, error) if away else of(watch, error) if error else unlisted(watch))
    return unread


def refusal(error: BaseException | None) -> bool:
    """Return whether an error means that this user has no permission."""
    return isinstance(error, Forbidden) and not isinstance(error, Denied)


def sentence(error: PkgopsError, namespace: str | None = None) -> str:
    """Return who may not do what, and where, from the API server's message; else the message itself.

    Args:
        error: a refusal.
        namespace: where, empty for the whole cluster; None for the one in the API server's message.
    """
    return error.sentence(namespace) if isinstance(error, Forbidden) else error.summary


def reason(error: PkgopsError, namespace: str | None = None) -> str:
    """Return why something could not be read: who may not, or the error of the connection."""
    return sentence(error, namespace) if refusal(error) else _error_text(error)


def step(error: PkgopsError) -> str:
    """Return the next step where something could not be read: request the permission, or the error's own."""
    return COMMANDS[CauseCode.MAY_NOT_READ] if refusal(error) else error.next


@contextmanager
def ending(what: str, next: str = "") -> Iterator[None]:
    """Raise ``what``, with who may not read what, where something in the block may not be read.

    Args:
        what: what is unknown then.
        next: the next step; without it, to request the permission.

    Raises:
        PreflightError: it cannot be read.
    """
    try:
        yield
    except Forbidden as error:
        if not refusal(error):
            raise
        raise PreflightError(what, why=sentence(error), next=next or error.next, slug=error.slug) from error


def cause(snapshot: Snapshot, *scopes: str) -> Blockage | None:
    """Return what cannot be read in some scopes of a run (in any without one); None where all is known."""
    for item in snapshot.blockages:
        if item.state is State.UNKNOWN and (not scopes or item.scope in scopes):
            return item
    return None


def missing(gap: Unreadable) -> PreflightError:
    """Return the error of a command whose result depends on a kind that cannot be read."""
    return PreflightError(f"unknown: {gap.sentence}", next=COMMANDS[gap.code], slug=gap.code.value)


def error(found: Blockage) -> PreflightError:
    """Return the error of a command whose result depends on a cause that cannot be read."""
    return PreflightError(found.cause, next=found.next, slug=found.code.value)


def check(snapshot: Snapshot, *scopes: str) -> None:
    """Make sure that everything of some scopes of a run can be read.

    Raises:
        PreflightError: names what cannot.
    """
    unknown_cause = cause(snapshot, *scopes)
    if unknown_cause is not None:
        raise error(unknown_cause)


def _place(watch: Watch) -> str:
    place = f" in {watch.namespace}" if watch.namespace else ""
    return f"{plural(watch.kind)}{place} are"


def _error_text(error: PkgopsError) -> str:
    return " ".join(f"{error.what}: {error.why}".rstrip(": ").split())
