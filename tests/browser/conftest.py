"""A real browser for pages on disk: Debian's chromium, which is offline and may ask nobody."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from shared_traces import TRACES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def chromium():
    """The browser, started once."""
    done = subprocess.run([ROOT / "bin" / "browser-tools"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    sys.path.append(done.stdout.strip())
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Chromium's own sandbox does not start for root.
        started = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()


class Visit:
    """A page from disk, and everything that it tried and complained of."""

    def __init__(self, context, path):
        self.requests, self.complaints = [], []
        self.page = context.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))
        self.page.goto(path.as_uri())

    def seek(self, seconds):
        self.page.locator("input[type=range]").evaluate(
            "(range, value) => { range.value = value;"
            " range.dispatchEvent(new Event('input', { bubbles: true })); }",
            seconds,
        )


@pytest.fixture
def visit(chromium):
    """Open a file in a new, offline window; at the end nothing may have been asked for or complained of."""
    contexts, visits = [], []

    def opened(path, width=1280, height=900, **how):
        context = chromium.new_context(viewport={"width": width, "height": height}, offline=True, **how)
        contexts.append(context)
        visits.append(Visit(context, path))
        return visits[-1]

    yield opened
    for context in contexts:
        context.close()
    for one in visits:
        assert [url for url in one.requests if not url.startswith(("file:", "data:"))] == []
        assert one.complaints == []


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """The report of a recording, as the command writes it."""
    from pkgops.cli import boundary
    from pkgops.cli.app import app

    folder = tmp_path_factory.mktemp("reports")
    written = {}

    def report(name):
        if name not in written:
            written[name] = folder / f"{name}.html"
            recording = str(TRACES / f"{name}.jsonl.gz")
            assert boundary.run(app, ["report", recording, "-o", str(written[name])]) == 0
        return written[name]

    return report
