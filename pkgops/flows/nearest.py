"""Names that do not exist, answered with the ones that do."""

from __future__ import annotations

from collections.abc import Sequence

from pkgops.errors import UsageError


def unknown(kind: str, name: str, known: Sequence[str], place: str = "") -> UsageError:
    """Return the error for a name that does not exist, with the nearest names that do."""
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=3, cutoff=0.4) or [one for one in known if name in one][:3]
    where = f" {place}" if place else ""
    if not known:
        return UsageError(
            f"there is no {kind} {name!r}{where}",
            why=f"there is no {kind} at all{where}",
            next="pkgops up",
            slug=f"unknown-{kind}",
        )
    return UsageError(
        f"there is no {kind} {name!r}{where}",
        why=f"there is: {', '.join(known)}",
        next=f"did you mean {' or '.join(near)}?" if near else "choose one of these",
        slug=f"unknown-{kind}",
    )
