"""The plan of a deployment, before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass

from pkgops.kapp.change import Change, Differ
from pkgops.kapp.config import Config
from pkgops.kapp.identity import Obj
from pkgops.kapp.record import AppMeta


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The plan of a deployment.

    Attributes:
        meta: the app's record, or the first one of a new app.
        is_new: there is no record yet.
        resources: the desired resources, with namespaces and labels.
        existing: the existing ones of them, and those that are not in the input any more.
        changes: what is changed or waited for.
        differ: the rules.
        namespaces: of the whole input, ``(cluster)`` for cluster-scoped resources.
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
