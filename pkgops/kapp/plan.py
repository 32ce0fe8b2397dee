"""What a deployment would do, before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass

from pkgops.kapp.change import Change, Differ
from pkgops.kapp.config import Config
from pkgops.kapp.identity import Obj
from pkgops.kapp.record import AppMeta


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a deployment would do.

    Attributes:
        meta: the app's record as it is, or as it will begin.
        is_new: there is no record yet.
        resources: what is wanted, with namespaces and labels.
        existing: what the cluster has of it, and what left the input.
        changes: what is changed or waited for.
        differ: the rules.
        namespaces: of the whole input, ``(cluster)`` for what has none.
    """

    meta: AppMeta
    is_new: bool
    resources: list[Obj]
    existing: list[Obj]
    changes: list[Change]
    differ: Differ
    namespaces: tuple[str, ...]

    @property
    def config(self) -> Config:
        """The rules, the defaults first."""
        return self.differ.config
