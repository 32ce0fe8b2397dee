"""Select the blueprint of an owner, or the reason and message why there is none. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pkgops.formats import gofmt
from pkgops.kube import Obj
from pkgops.platform.carto.owner_kinds import OwnerKind
from pkgops.platform.carto.selection import Selector, highest_scored
from pkgops.platform.carto.typed import owner_view
from pkgops.platform.conditions import condition_of


@dataclass(frozen=True, slots=True)
class Choice:
    """The blueprint, if exactly one was found, and why it cannot be used, if it cannot.

    ``reason`` is empty when the blueprint can be used. ``waiting``: the blueprint has no Ready condition yet.
    """

    blueprint: Obj | None = None
    reason: str = ""
    message: str = ""
    waiting: bool = False


def choose_blueprint(owner: Obj, blueprints: Sequence[Obj], kind: OwnerKind) -> Choice:
    """Select the blueprint of an owner.

    Raises:
        SelectorError: the selector of some blueprint cannot be evaluated.
    """
    labels = owner["metadata"].get("labels") or {}
    owner_word, blueprint_word = kind.words
    if not labels:
        message = f"{owner_word} has no labels to match to {blueprint_word}"
        return Choice(reason=kind.labels_missing, message=message)
    by_name = {str(blueprint["metadata"]["name"]): blueprint for blueprint in blueprints}
    candidates = [(name, Selector.of_blueprint(found["spec"])) for name, found in by_name.items()]
    chosen = highest_scored(candidates, labels, owner_view(owner))
    if not chosen:
        detail = f"labels: {gofmt.text(labels)}"
        message = f"no {blueprint_word} found where full selector is satisfied by {detail}"
        return Choice(reason=kind.not_found, message=message)
    if len(chosen) > 1:
        message = f"{owner_word} may only match a single {blueprint_word}'s selector"
        return Choice(reason=kind.several, message=message)
    return _usable(by_name[chosen[0]])


def _usable(blueprint: Obj) -> Choice:
    ready = condition_of(blueprint)
    if ready is None:
        return Choice(blueprint, waiting=True)
    if ready["status"] == "True":
        return Choice(blueprint)
    return Choice(blueprint, reason=str(ready["reason"]), message=str(ready.get("message") or ""))
