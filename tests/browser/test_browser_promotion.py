"""A promotion from the page of ``pkgops ui``, by keyboard: refused, then made and followed to its end."""

from __future__ import annotations

import pytest
from browser_axe import axe
from memory_api import MemoryApi
from pipeline_kinds import serve_all
from recorded_promotion import VERSION, promotable
from ui_kit import focused, page_of

pytestmark = pytest.mark.browser


@pytest.fixture
def cluster():
    """A finished run in apps-dev, with nothing in apps-prod so far."""
    api = MemoryApi()
    serve_all(api)
    with promotable(api) as found:
        yield found
    api.close()


@pytest.fixture
def address(cluster, tmp_path):
    """Where the command serves the page of it; nobody answers where its registry is."""
    with page_of(cluster.api, tmp_path, "127.0.0.1:9") as found:
        yield found
        cluster.goes_on.set()


def test_it_is_refused_then_made_and_seen_by_everybody(chromium, cluster, address):
    context = chromium.new_context()
    page, other = context.new_page(), context.new_page()
    complaints = []
    try:
        for one in (page, other):
            one.on("pageerror", lambda error: complaints.append(str(error)))
            one.goto(address)
        changing = page.locator(".changing")
        promote = page.get_by_role("button", name="Promote to apps-prod")
        cluster.status = 500
        promote.press("Enter")
        changing.get_by_text("does not pass: healthy", exact=True).wait_for()
        assert "HTTP 500" in changing.inner_text()
        focused(page, "changing")
        assert page.get_by_role("button", name="Yes, do this").count() == 0
        page.get_by_role("button", name="Close").press("Enter")
        assert changing.count() == 0
        focused(page, "Promote to apps-prod")

        cluster.status = 200
        promote.press("Enter")
        page.get_by_role("heading", name=f"Change apps-prod on context memory to {VERSION}?").wait_for()
        assert f"{VERSION} to apps-prod: every gate passes" in changing.inner_text()
        words = ["promote", "hello-go-web2pkg", "--to", "apps-prod", "--version", VERSION]
        assert changing.locator("code").inner_text() == " ".join(["pkgops", *words, "--context", "memory"])
        page.get_by_role("button", name="Yes, do this").press("Enter")
        for one in (page, other):
            one.locator(".changing").get_by_text("created deliverable/hello-go-from-pkg").wait_for()
        focused(page, "changing")
        cluster.goes_on.set()
        for one in (page, other):
            one.locator(".changing .state:not(.working)").wait_for()
            assert one.locator(".changing .state.done").count() == 1, one.locator(".changing").inner_text()
            one.get_by_label("What was changed").get_by_text(VERSION).first.wait_for()
            row = one.locator("section[aria-labelledby=matrix] tbody tr", has_text="apps-prod")
            row.get_by_text(f"pinned to {VERSION}").wait_for()
            one.locator("section[aria-labelledby=releases] tr", has_text="succeeded").wait_for()
        assert axe(page) == []
        page.set_viewport_size({"width": 360, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    finally:
        context.close()
    assert complaints == []
