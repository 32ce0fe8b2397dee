"""The page that follows a pipeline, in a browser: changes come by themselves, and a server comes back."""

from __future__ import annotations

import queue

import pytest
from shared_traces import recorded

from pkgops.cli.report_files import shown_of
from pkgops.flows import report as flow
from pkgops.view import page, page_server

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


def begin(data, port=0, token="", read=lambda *_: iter(())):
    server = page_server.PageServer(read, port, token)
    server.latest.put(data)
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
