"""The page that follows a pipeline, in a browser: changes come by themselves, and a server comes back."""

from __future__ import annotations

import queue

import pytest
from browser_axe import axe
from shared_traces import recorded

from pkgops.cli.report_files import shown_of
from pkgops.flows import report as flow
from pkgops.view import page, page_changes, page_server

pytestmark = pytest.mark.browser
ABOUT = {"title": "hello", "source": "recording", "version": "0", "length": 0.0}


@pytest.fixture(scope="module")
def told():
    """What is told of the moments of a recording, by its second."""
    moments = list(flow.recorded(recorded("fourth-run")))

    def at(seconds):
        shown = shown_of([one for one in moments if one.seconds <= seconds][-1])
        return page.packed([shown], ABOUT)

    return at


def begin(data, port=0, token="", read=lambda *_: iter(()), planning=None):
    server = page_server.PageServer(read, port, token, planning)
    server.latest.put({**data, "mayChange": planning is not None})
    server.begin()
    return server


def test_two_viewers_follow_and_find_a_server_that_comes_back(chromium, told):
    server = begin(told(30))
    context = chromium.new_context()
    pages = [context.new_page(), context.new_page()]
    complaints = []
    try:
        for one in pages:
            one.on("pageerror", lambda error: complaints.append(str(error)))
            one.goto(server.address)
            one.locator(".node[aria-label*='Build image, working']").wait_for()
        pages[0].locator(".node[aria-label*='Fetch source']").click()
        server.latest.put(told(57))
        for one in pages:
            one.locator(".node[aria-label*='Build image, done']").wait_for()
        chosen = pages[0].locator(".node[aria-pressed=true]")
        assert "Fetch source" in chosen.get_attribute("aria-label"), "what a person chose stays chosen"
        server.end()
        pages[0].get_by_text("The connection to pkgops is lost").wait_for()
        server = begin(told(115), server.port, server.access.token)
        pages[0].get_by_text("commit 66c5e01b").wait_for()
        assert pages[0].get_by_text("The connection to pkgops is lost").count() == 0
    finally:
        context.close()
        server.end()
    assert complaints == []


def test_a_log_is_followed_and_searched_while_it_is_written(chromium, told):
    """Two viewers look at one log, which is read once; one of them has scrolled back."""
    written, asked = queue.SimpleQueue(), []

    def read(*container):
        asked.append(container)
        yield from (f"line {number}" for number in range(300))
        yield from iter(written.get, None)

    server = begin(told(30), read=read)
    context = chromium.new_context()
    pages = [context.new_page(), context.new_page()]
    try:
        for one in pages:
            one.goto(server.address)
            one.locator(".node[aria-label*='Test source']").click()
            one.locator(".logs").get_by_role("button", name="step-test").click()
            one.get_by_text("300 lines, followed").wait_for()
        pages[1].locator("pre.lines").evaluate("box => { box.scrollTop = 0; }")
        pages[0].get_by_label("Search").fill("<b>")
        written.put("hello <b>")
        pages[0].get_by_text("1 of 301 lines, followed").wait_for()
        pages[1].get_by_text("301 lines, followed").wait_for()
        assert pages[0].locator("mark").inner_text() == "<b>"
        assert pages[1].locator("pre.lines").evaluate("box => box.scrollTop") == 0
        written.put(None)
        pages[1].get_by_text("301 lines", exact=True).wait_for()
        assert len(asked) == 1
    finally:
        written.put(None)
        context.close()
        server.end()


def test_a_change_is_looked_at_agreed_to_and_seen_by_everybody(chromium, told):
    """What is told of it is text, whatever it looks like; without --allow-changes there is no button."""
    ends = queue.SimpleQueue()
    hostile = "<img src=http://192.0.2.1/x onerror=alert(1)>"

    def run(tell):
        tell(f"submitted {hostile}")
        return ends.get(timeout=60)

    def planning(wanted):
        command = f"pkgops {wanted.action} {wanted.environment}"
        return page_changes.Plan(
            command=command,
            question=f"Change {wanted.environment}?",
            text=f"+ {hostile}",
            refused="",
            run=run,
        )

    server = begin(told(115), planning=planning)
    reading = begin(told(115))
    context = chromium.new_context()
    asked, complaints = [], []
    context.on("request", lambda request: asked.append(request.url))
    first, second, other = (context.new_page() for _ in range(3))
    try:
        for one in (first, second, other):
            one.on("pageerror", lambda error: complaints.append(str(error)))
            one.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
            one.goto((reading if one is other else server).address)
            one.locator(".node").first.wait_for()
        assert other.get_by_role("button", name="Promote").count() == 0
        assert other.get_by_role("button", name="again").count() == 0
        first.get_by_role("button", name="Promote to apps-prod").click()
        first.get_by_role("heading", name="Change apps-prod?").wait_for()
        shown = first.locator(".changing")
        assert f"+ {hostile}" in shown.inner_text()
        assert shown.locator("code").inner_text() == "pkgops promote apps-prod"
        assert second.locator(".changing").count() == 0
        violations = axe(first)
        first.get_by_role("button", name="Yes, do this").click()
        second.get_by_text(f"submitted {hostile}").wait_for()
        second.get_by_role("button", name="Roll back apps-dev").click()
        second.get_by_text("another change is being planned or made").wait_for()
        ends.put("0.1.2 runs")
        for one in (first, second):
            one.get_by_label("What was changed").get_by_text("0.1.2 runs").wait_for()
            assert one.locator("main img").count() == 0
        assert violations + axe(first) == []
    finally:
        ends.put("")
        context.close()
        server.end()
        reading.end()
    assert complaints == []
    assert {url for url in asked if not url.startswith(("http://127.0.0.1:", "data:"))} == set()
