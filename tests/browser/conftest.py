"""A real browser for pages on disk: Debian's chromium, which is offline and may ask nobody."""

from __future__ import annotations

import pytest
from browser_fixtures import Visit, chromium
from shared_traces import TRACES

__all__ = ["chromium"]


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
