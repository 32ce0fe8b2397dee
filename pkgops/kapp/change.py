"""The differences between desired and existing resources."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pkgops.formats import gojson
from pkgops.kapp import fields
from pkgops.kapp.config import Config, FieldRule
from pkgops.kapp.errors import KappError
from pkgops.kapp.identity import (
    DELETE_STRATEGY,
    DISABLE_WAIT,
    EXISTS,
    NOOP,
    ORIGINAL,
    ORIGINAL_MD5,
    OWNED_FOR_DELETION,
    Obj,
    annotations_of,
    description,
    is_transient,
    unique_key,
)
from pkgops.kapp.masking import masked, tidy
from pkgops.kapp.opsdiff import diff_md5
from pkgops.kapp.rebase import Overlay, rebase, without_history
from pkgops.kapp.versioned import versions
from pkgops.kapp.wait import state_of

Op = Literal["create", "update", "delete", "noop", "exists"]
WaitOp = Literal["reconcile", "delete", "noop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The change of one resource.

    Attributes:
        op: the operation.
        wait: what is waited for afterwards.
        resource: the new resource, rebased on the existing one; for deletions the existing one.
        applied: the new resource as given, without the rebase; None for deletions.
        existing: the existing resource, or None.
    """

    op: Op
    wait: WaitOp
    resource: Obj
    applied: Obj | None
    existing: Obj | None

    @property
    def text(self) -> str:
        """The resource as kapp prints it."""
        return description(self.resource)


@dataclass(frozen=True, slots=True)
class Differ:
    """Computes changes by a configuration.

    Attributes:
        config: the rules.
        overlay: how overlays in rebase rules are applied; None refuses them.
        wait: whether changes are waited for at all.
    """

    config: Config
    overlay: Overlay | None = None
    wait: bool = True

    def changes(self, new: Iterable[Obj], existing: Iterable[Obj]) -> list[Change]:
        """Return the changes from existing to new resources; those missing in ``new`` are deleted."""
        versions_of = versions(new, existing, self.config.template_rules, self._is_changed)
        present = {unique_key(obj): obj for obj in versions_of.plain_existing}
        upserts = [self.upsert(obj, None) for obj in versions_of.created]
        upserts += [self._unchanged(obj) for obj in versions_of.unchanged]
        upserts += [self.upsert(obj, present.pop(unique_key(obj), None)) for obj in versions_of.plain]
        return upserts + [self.removal(obj) for obj in (*versions_of.removed, *present.values())]

    def _is_changed(self, new: Obj, existing: Obj) -> bool:
        return self.upsert(new, existing).op == "update"

    def _unchanged(self, existing: Obj) -> Change:
        return Change(
            op="noop",
            wait=self._wait("noop", existing, existing),
            resource=existing,
            applied=existing,
            existing=existing,
        )

    def upsert(self, new: Obj, existing: Obj | None) -> Change:
        """Return the change from ``existing`` to ``new``."""
        wanted = without_history(new, self._excluded(new, self.config.existing_exclusions))
        rebased = self._rebase(wanted, existing)
        op = self._op(wanted, rebased, existing)
        return Change(
            op=op, wait=self._wait(op, rebased, existing), resource=rebased, applied=wanted, existing=existing
        )

    def removal(self, existing: Obj, *, whole_app: bool = False) -> Change:
        """Return the change that deletes a resource; one that a controller created is deleted with its owner.

        Args:
            existing: the resource.
            whole_app: the whole app is deleted: garbage-collected resources are waited for, and those
                annotated as owned for deletion (claims of a StatefulSet) are deleted.
        """
        owned = whole_app and OWNED_FOR_DELETION in annotations_of(existing)
        if owned or not is_transient(existing):
            return Change(
                op="delete",
                wait="delete" if self.wait else "noop",
                resource=existing,
                applied=None,
                existing=existing,
            )
        wait: WaitOp = "delete" if self.wait and whole_app else "noop"
        return Change(op="noop", wait=wait, resource=existing, applied=None, existing=existing)

    def sides(self, change: Change) -> tuple[Obj | None, Obj | None]:
        """Return the compared resources of a change: the existing and the desired one; None for none."""
        left = self._known(change.existing) if change.existing is not None else None
        right = tidy(masked(change.resource)) if change.applied is not None else None
        return left, right

    def record(self, saved: Obj, applied: Obj) -> dict[str, str]:
        """Return the annotations that record what was applied, given what the server stored."""
        stored = self._comparable(masked(saved))
        rebased = self._wanted(masked(applied), stored)
        return {ORIGINAL: gojson.to_json(masked(applied)), ORIGINAL_MD5: diff_md5(stored, rebased)}

    def last_applied(self, existing: Obj) -> Obj | None:
        """Return what was last applied (Secrets masked), if the resource was not changed since; else None."""
        notes = annotations_of(existing)
        if ORIGINAL not in notes or ORIGINAL_MD5 not in notes:
            return None
        try:
            applied: Obj = json.loads(notes[ORIGINAL])
            stored = self._comparable(masked(existing))
            same = diff_md5(stored, self._wanted(applied, stored)) == notes[ORIGINAL_MD5]
        except (ValueError, KappError):
            return None
        return applied if same else None

    def _wanted(self, applied: Obj, stored: Obj) -> Obj:
        plain = without_history(applied, self._excluded(applied, self.config.existing_exclusions))
        return self._rebase(plain, stored)

    def _comparable(self, obj: Obj) -> Obj:
        stored = without_history(obj, self._excluded(obj, self.config.applied_exclusions))
        return without_history(stored, self._excluded(stored, self.config.existing_exclusions))

    def _rebase(self, new: Obj, existing: Obj | None) -> Obj:
        return rebase(new, existing, self.config.rebase_rules, self.overlay)

    def _excluded(self, obj: Obj, rules: tuple[FieldRule, ...]) -> tuple[fields.Path, ...]:
        return tuple(rule.path for rule in rules if rule.matches(obj))

    def _op(self, wanted: Obj, rebased: Obj, existing: Obj | None) -> Op:
        notes = annotations_of(wanted)
        if NOOP in annotations_of(rebased):
            return "noop"
        if existing is None:
            return "exists" if EXISTS in notes else "create"
        changed = EXISTS not in notes and self._known(existing) != tidy(masked(rebased))
        return "update" if changed else "noop"

    def _known(self, existing: Obj) -> Obj:
        last = self.last_applied(existing)
        live = masked(existing)
        base = self._rebase(last, live) if last is not None else live
        return tidy(without_history(base, self._excluded(base, self.config.existing_exclusions)))

    def _wait(self, op: Op, rebased: Obj, existing: Obj | None) -> WaitOp:
        notes = annotations_of(rebased)
        if not self.wait or DISABLE_WAIT in notes or NOOP in notes:
            return "noop"
        if op != "noop" or existing is None:
            return "reconcile"
        state = state_of(existing, self.config.wait_rules)
        return "noop" if state.done and state.successful else "reconcile"


def involved(changes: Iterable[Change]) -> list[Change]:
    """Return the changes that change something or are waited for."""
    return [change for change in changes if change.op != "noop" or change.wait != "noop"]


def is_orphaned(change: Change) -> bool:
    """Return whether a deletion keeps the resource and only removes kapp's label."""
    existing = change.existing or {}
    protected = ("default", "kube-node-lease", "kube-public", "kube-system")
    if existing.get("kind") == "Namespace" and existing["metadata"]["name"] in protected:
        return True
    return annotations_of(existing).get(DELETE_STRATEGY) == "orphan"
