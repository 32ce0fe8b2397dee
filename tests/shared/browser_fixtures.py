"""A real browser for tests: Debian's chromium, which bin/browser-tools installs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 420_000
"""Milliseconds; longer than anything takes on a busy machine."""
TOO_WIDE = """() => {
  const parts = "main, section, .scroll, table, tr, td, th, details, .details, .cause, .log, p, ul, dl, h2";
  const all = [...document.querySelectorAll(parts)].filter((one) => !one.closest("thead"));
  const wide = (one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline";
  return all.filter((one) => one.checkVisibility() && wide(one))
    .map((one) => `${one.tagName} ${one.className}: ${one.scrollWidth} in ${one.clientWidth}`);
}"""
"""The parts of a page whose contents are wider than they are."""


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
        yield Browser(started)
        started.close()


class Browser:
    """The browser, in whose windows nothing is given up because the machine is busy."""

    def __init__(self, started):
        self._started = started

    def new_context(self, **how):
        """Open a window with cookies of its own."""
        context = self._started.new_context(**how)
        context.set_default_timeout(PATIENCE)
        return context


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
