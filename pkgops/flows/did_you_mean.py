"""Errors for names that do not exist, with the ones that do."""

from __future__ import annotations

from collections.abc import Sequence

from pkgops.errors import UsageError


def unknown(
    kind: str, name: str, known: Sequence[str], place: str = "", none: str = "pkgops up"
) -> UsageError:
    """Return the error for a name that does not exist, with the nearest names that do.

    ``none`` is the next step where nothing of this kind exists. An empty ``name`` means that none was given.
    """
    from difflib import get_close_matches

    near = (
        get_close_matches(name, known, n=3, cutoff=0.4) or [one for one in known if name and name in one][:3]
    )
    where = f" {place}" if place else ""
    what = f"there is no {kind} {name!r}{where}" if name else f"no {kind} was named{where}"
    if not known:
        return UsageError(
            what if name else f"there is no {kind}{where}",
            why=f"there is no {kind} at all{where}" if name else "",
            next=none,
            slug=f"unknown-{kind}",
        )
    return UsageError(
        what,
        why=f"there is: {', '.join(known)}",
        next=f"did you mean {' or '.join(near)}?" if near else "choose one of these",
        slug=f"unknown-{kind}",
    )
