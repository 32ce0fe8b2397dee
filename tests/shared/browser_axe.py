"""The rules of accessibility, run on a page in a browser."""

from __future__ import annotations


def axe(page):
    """Return what stands seriously in somebody's way, with the elements that do."""
    from axe_playwright_python.sync_playwright import Axe

    return [
        (one["id"], [at["html"][:200] for at in one["nodes"][:3]])
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
