"""Options of a deployment."""

from __future__ import annotations

from dataclasses import dataclass

from pkgops.kapp.filters import EVERYTHING, Matches
from pkgops.kapp.rebase import Overlay


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options of a deployment; the names are those of kapp's flags.

    Attributes:
        into_ns: the namespace for all namespaced resources.
        map_ns: pairs of old and new namespace.
        default_namespace: the namespace of resources without one; empty means the app's own.
        wait: wait for changed resources.
        allow_empty: an empty input deletes everything instead of being refused.
        override_ownership: take resources of other apps.
        check_existing: search for resources of the same names that no app owns yet.
        changes_to_keep: how many records of changes are kept.
        update_strategy: the update strategy of resources without the annotation; empty means a plain update.
        diff_run: only show what would change.
        patch: do not delete resources that are not in the input any more.
        summary: show the table of changes.
        diff_changes: show each change line by line.
        diff_context: how many lines to show around changed ones.
        diff_line_numbers: whether these lines have numbers.
        overlay: applies ytt overlays of rebase rules; None refuses such rules.
        filter: which resources are deployed or deleted; all others are not changed.
        labels: of the app's record.
    """

    into_ns: str = ""
    map_ns: tuple[tuple[str, str], ...] = ()
    default_namespace: str = ""
    wait: bool = True
    allow_empty: bool = False
    override_ownership: bool = False
    check_existing: bool = True
    changes_to_keep: int = 200
    update_strategy: str = ""
    diff_run: bool = False
    patch: bool = False
    summary: bool = True
    diff_changes: bool = False
    diff_context: int = 2
    diff_line_numbers: bool = True
    overlay: Overlay | None = None
    filter: Matches = EVERYTHING
    labels: tuple[tuple[str, str], ...] = ()
