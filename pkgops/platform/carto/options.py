"""Choose one of the options of a template reference. Pure."""

from __future__ import annotations

from pkgops.kube import Obj
from pkgops.platform.carto.failure import ResourceFailed, unknown_error
from pkgops.platform.carto.selection import Selector, SelectorError, highest_scored
from pkgops.platform.carto.typed import owner_view

# Since 0.8.2 upstream wraps these errors, so that the reason is UnknownError.
_PREFIX = "get template name from resource: find matching template option: "


def choose_option(owner: Obj, resource: Obj, blueprint: str) -> Obj:
    """Return the option whose selector matches the owner with the highest score.

    Raises:
        ResourceFailed: none or several match, or a selector cannot be evaluated.
    """
    options = resource["templateRef"]["options"]
    names = [option_name(option) for option in options]
    where = f"for resource [{resource['name']}] in supply chain [{blueprint}]"
    chosen = _highest_scored(options, owner, where)
    if len(chosen) == 1:
        return dict(options[chosen[0]])
    matching = f" [{', '.join(names[index] for index in chosen)}]" if chosen else ""
    found = f"expected exactly 1 option to match, found [{len(chosen)}] matching options{matching} {where}"
    raise ResourceFailed(unknown_error(str(owner["kind"]), _PREFIX + found))


def option_name(option: Obj) -> str:
    """Return the name of an option: its template, or the input that it passes through."""
    return str(option.get("name") or option.get("passThrough") or "")


def _highest_scored(options: list[Obj], owner: Obj, where: str) -> list[int]:
    labels, view = owner["metadata"].get("labels") or {}, owner_view(owner)
    candidates = [
        (str(index), Selector.of_option(option.get("selector") or {})) for index, option in enumerate(options)
    ]
    try:
        return [int(index) for index in highest_scored(candidates, labels, view)]
    except SelectorError as error:
        name = _failing(options, candidates, owner)
        message = f"error matching against template option [{name}] {where}: {error}"
        raise ResourceFailed(unknown_error(str(owner["kind"]), _PREFIX + message)) from None


def _failing(options: list[Obj], candidates: list[tuple[str, Selector]], owner: Obj) -> str:
    labels, view = owner["metadata"].get("labels") or {}, owner_view(owner)
    for index, selector in candidates:
        try:
            selector.score(labels, view)
        except SelectorError:
            return option_name(options[int(index)])
    return ""
