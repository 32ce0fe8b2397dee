"""How an app is deployed."""

from __future__ import annotations

from dataclasses import dataclass

from pkgops.kapp.filters import EVERYTHING, Matches
from pkgops.kapp.rebase import Overlay


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to deploy; the names are those of kapp's flags.

    Attributes:
        into_ns: move all namespaced resources there.
        map_ns: from namespace to namespace.
        default_namespace: where resources without a namespace go; empty means the app's own.
        wait: wait for what was changed.
        allow_empty: an empty input deletes everything instead of being refused.
        override_ownership: take over resources of other apps.
        check_existing: look for resources of the same names that no app owns yet.
        changes_to_keep: how many records of changes stay.
        update_strategy: how to update a resource that does not say how itself; empty means plainly.
        diff_run: only show what would change.
        patch: delete nothing that left the input.
        summary: show the table of changes.
        diff_changes: show each change line by line.
        diff_context: how many lines to show around changed ones.
        diff_line_numbers: whether these lines have numbers.
        overlay: applies ytt overlays of rebase rules; None refuses such rules.
        filter: which resources the deployment or deletion is about; all others are left alone.
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
