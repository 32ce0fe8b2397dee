"""What is told while an API server does not answer."""

from __future__ import annotations

import io
import json
import threading
from datetime import UTC, datetime

from pkgops.cli import session as sessions
from pkgops.flows import retries
from pkgops.flows.ports import Ports
from pkgops.kube import ApiError, Unreachable
from pkgops.model import Event
from pkgops.view.lines import LineProgress

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LOST = Unreachable("cannot reach the API server of prod at https://prod:6443", why="Connection refused")


def test_it_is_told_once_whichever_thread_waits():
    events: list[Event] = []
    waiting = retries.telling("context prod", Ports(on_event=events.append, now=lambda: NOW))
    threads = [threading.Thread(target=waiting, args=(LOST,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (event,) = events
    assert event.type == "note"
    assert event.message == (
        "the API server of context prod does not answer (Connection refused), trying again"
    )


def test_a_server_that_answers_with_an_error_is_not_said_to_be_silent():
    error = ApiError(503, "ServiceUnavailable", "etcdserver: leader\nchanged")
    told = retries.sentence("context prod", error)
    assert "does not answer" not in told
    assert told.endswith("(HTTP 503: etcdserver: leader changed), trying again")


def test_lines_for_programs_stay_json_documents():
    stream = io.StringIO()
    event, _ = sessions._one_at_a_time(LineProgress(stream, NOW, as_json=True), threading.Lock())
    retries.telling("context prod", Ports(on_event=event, now=lambda: NOW))(LOST)
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["type"] == "note"
