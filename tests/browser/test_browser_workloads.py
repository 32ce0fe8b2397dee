"""The matrix of a thousand workloads in a browser: a hundred at a time, searched, followed, one opened."""

from __future__ import annotations

import threading

import pytest
from browser_axe import axe
from browser_fixtures import TOO_WIDE
from shared_traces import recorded

from pkgops.cli.report_files import shown_of
from pkgops.flows import report as flow
from pkgops.view import page_server
from pkgops.view.page_workloads import Workloads

pytestmark = pytest.mark.browser
COUNT = 1000
HOSTILE = "<img src=http://192.0.2.1/x onerror=alert(1)>"
ABOUT = {"source": "recording", "version": "0", "length": 0.0, "mayChange": False}
NAMES = [f"app-{number:04d}" for number in range(COUNT)]


def row(name, verdict="ready", cause=""):
    environments = [
        {"name": env, "health": verdict, "version": f"0.1.{name[4:]}", "revision": "a" * 40}
        for env in ("apps-dev", "apps-prod")
    ]
    return {
        "name": name,
        "verdict": verdict,
        "revision": "b" * 40,
        "environments": environments,
        "cause": cause,
    }


@pytest.fixture
def all_workloads():
    """A server of a thousand, one of which has failed; the page of each shows the end of a recorded run."""
    end = shown_of(list(flow.recorded(recorded("fourth-run"), moments=3))[-1])
    about = {**ABOUT, "title": "all", "namespace": "default", "environments": ["apps-dev", "apps-prod"]}
    woken, ended = threading.Semaphore(0), threading.Event()
    pages = Workloads(about, lambda *_: iter(()), None, woken.release)
    rows = {name: row(name) for name in NAMES}
    rows["app-0500"] = row("app-0500", "failed", f"the test failed {HOSTILE}")
    pages.rows.put(NAMES, rows)
    server = page_server.PageServer(lambda *_: iter(()), workloads=pages)
    server.begin()

    def answer():
        while woken.acquire() and not ended.is_set():
            for name in pages.wanted:
                pages.put(name, {**end, "name": name}, {**ABOUT, "title": name, "all": "../../"})

    thread = threading.Thread(target=answer)
    thread.start()
    yield pages, server.address
    ended.set()
    woken.release()
    thread.join(20)
    server.end()


@pytest.fixture
def opened(chromium, all_workloads):
    context = chromium.new_context()
    one = context.new_page()
    asked, complaints = [], []
    one.on("request", lambda request: asked.append(request.url))
    one.on("pageerror", lambda error: complaints.append(str(error)))
    one.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    one.goto(all_workloads[1])
    one.get_by_role("heading", name="1000 workloads").wait_for()
    yield one
    context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith(("http://127.0.0.1:", "data:"))] == []


def names(page):
    return page.locator("tbody th").all_inner_texts()


def test_a_hundred_are_shown_at_a_time(opened):
    assert names(opened) == NAMES[:100]
    assert opened.get_by_role("button", name="before").is_disabled()
    opened.get_by_role("button", name="next").click()
    opened.get_by_text("101 to 200 of 1000").wait_for()
    assert names(opened) == NAMES[100:200]
    for _ in range(8):
        opened.get_by_role("button", name="next").click()
    assert names(opened) == NAMES[900:]
    assert opened.get_by_role("button", name="next").is_disabled()


def test_they_are_searched_and_kept_to_a_state(opened):
    opened.get_by_label("Search").fill("0.1.077 aaaaaaaa")
    opened.get_by_text("1 to 10 of 10").wait_for()
    assert names(opened) == NAMES[770:780]
    opened.get_by_label("Search").fill("")
    opened.get_by_role("button", name="1 failed").click()
    opened.get_by_text("1 to 1 of 1").wait_for()
    assert f"the test failed {HOSTILE}" in opened.locator("tbody").inner_text()
    assert opened.locator("main img").count() == 0
    opened.get_by_label("Search").fill("no such thing")
    opened.get_by_text("none matches").wait_for()


def test_changes_come_by_themselves_and_leave_alone_what_was_chosen(opened, all_workloads):
    pages, _ = all_workloads
    opened.get_by_label("Search").fill("app-09")
    opened.get_by_role("button", name="1 failed").click()
    opened.get_by_text("none matches").wait_for()
    pages.rows.put(NAMES, {"app-0901": row("app-0901", "failed", "the build failed")})
    opened.get_by_text("the build failed").wait_for()
    assert names(opened) == ["app-0901"]
    pages.rows.put([name for name in NAMES if name != "app-0901"], {})
    opened.get_by_text("none matches").wait_for()
    opened.get_by_role("heading", name="999 workloads").wait_for()


def test_one_is_opened_and_left_again(opened):
    opened.get_by_label("Search").fill("0042")
    link = opened.get_by_role("link", name="app-0042")
    link.focus()
    link.press("Enter")
    opened.get_by_role("heading", name="app-0042").wait_for()
    assert opened.locator(".node").count() > 3
    opened.get_by_role("link", name="All workloads").click()
    opened.get_by_role("heading", name="1000 workloads").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_is_in_the_way_of_anybody(opened, scheme):
    opened.emulate_media(color_scheme=scheme)
    assert axe(opened) == []
    for width in (360, 768, 1280, 3840):
        opened.set_viewport_size({"width": width, "height": 900})
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
        assert width > 360 or opened.evaluate(TOO_WIDE) == []
