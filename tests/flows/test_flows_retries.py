"""What is told while an API server does not answer."""

from __future__ import annotations

import io
import json
import threading
from datetime import UTC, datetime

from pkgops.cli import session as sessions
from pkgops.errors import PreflightError
from pkgops.flows import local_cluster, retries
from pkgops.flows.ports import Ports
from pkgops.kube import ApiError, Unreachable
from pkgops.model import Event
from pkgops.view.lines import LineProgress
from pkgops.view.one_at_a_time import OneAtATime

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LOST = Unreachable("cannot reach the API server of prod at https://prod:6443", why="Connection refused")


def test_it_is_told_once_whichever_thread_waits():
    events: list[Event] = []
    waiting = retries.reporting("context prod", Ports(on_event=events.append, now=lambda: NOW))
    threads = [threading.Thread(target=waiting, args=(LOST,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (event,) = events
    assert event.type == "note"
    assert event.message == ("the API server of context prod does not answer (Connection refused), retrying")


def test_a_server_that_answers_with_an_error_is_not_said_to_be_silent():
    error = ApiError(503, "ServiceUnavailable", "etcdserver: leader\nchanged")
    told = retries.sentence("context prod", error)
    assert "does not answer" not in told
    assert told.endswith("(HTTP 503: etcdserver: leader changed), retrying")


def test_lines_for_programs_stay_json_documents():
    stream = io.StringIO()
    progress = LineProgress(stream, NOW, as_json=True)
    ports = Ports(on_event=OneAtATime().calls(progress.event), now=lambda: NOW)
    retries.reporting("context prod", ports)(LOST)
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["type"] == "note"


def test_a_request_that_still_waits_when_its_command_has_ended_reports_nothing(capsys):
    with sessions.session("plain") as begun:
        report = retries.reporting("context prod", begun.ports)
        report(LOST)
    shown = capsys.readouterr().err
    assert "retrying" in shown
    report(LOST)
    assert capsys.readouterr().err == ""


def failing_once():
    """A mending that fails the first time, and says how often it was tried."""
    tries = []

    def mend():
        tries.append(1)
        if len(tries) == 1:
            raise PreflightError("kube-apiserver of the local cluster does not run", why="it ended")

    return mend, tries


def test_a_local_server_that_is_gone_is_mended_each_time_it_is_waited_for():
    events: list[Event] = []
    mend, tries = failing_once()
    ports = Ports(on_event=events.append, now=lambda: NOW)
    waiting = local_cluster.Repairs(retries.reporting("the local cluster", ports), mend, ports).waiting
    waiting(LOST)
    assert [event.type for event in events] == ["note", "failed"]
    assert events[1].data["why"] == "it ended"
    waiting(LOST)
    assert len(tries) == 2
    assert len(events) == 2


def test_a_command_that_waits_mends_until_that_fails():
    events: list[Event] = []
    mend, tries = failing_once()
    repairs = local_cluster.Repairs(lambda _: None, mend, Ports(on_event=events.append, now=lambda: NOW))
    repairs.idle()
    repairs.idle()
    assert len(tries) == 1
    assert [event.type for event in events] == ["failed"]
    repairs.waiting(LOST)
    repairs.idle()
    assert len(tries) == 3


def test_a_server_that_lost_its_store_is_mended():
    mend, tries = failing_once()
    waiting = local_cluster.Repairs(lambda _: None, mend, Ports()).waiting
    waiting(ApiError(500, "InternalError", "rpc error: code = Unavailable desc = connection refused"))
    assert tries


def test_of_several_threads_that_wait_one_mends():
    begun, end, tries = threading.Event(), threading.Event(), []

    def mend():
        tries.append(1)
        begun.set()
        end.wait(10)

    waiting = local_cluster.Repairs(lambda _: None, mend, Ports()).waiting
    first = threading.Thread(target=waiting, args=(LOST,))
    first.start()
    assert begun.wait(10)
    waiting(LOST)
    end.set()
    first.join()
    assert len(tries) == 1
