"""Telling others: what goes over the wire, what is tried again, and that no outcome depends on it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import nullcontext
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest
from notify_kit import hook

from pkgops.errors import DeadlineError, RefusedError, StepFailed
from pkgops.flows.notify import events, notifier, senders
from pkgops.flows.notify.notifier import Notifier
from pkgops.flows.ports import Ports
from pkgops.flows.promotion import announce
from pkgops.flows.releases.place import Place
from pkgops.flows.releases.release import Action
from pkgops.kube import connect
from pkgops.model.announcement import Announcement
from pkgops.settings.notify import NotifySetting

FOUND = Announcement(
    kind="promotion",
    phase="ended",
    time=datetime(2026, 1, 1, 12, tzinfo=UTC),
    cluster="https://10.0.0.1:6443",
    workload="default/hello",
    environment="prod",
    namespace="ns-prod",
    by="jane",
    before="1",
    after="2",
    result="succeeded",
)


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(notifier, "PAUSES", (0.01,))


def told(*settings, environ=None, announcements=(FOUND,)):
    """Tell everybody, and return the warnings."""
    warnings = []
    made = Notifier(settings, environ or {}, warnings.append)
    for one in announcements:
        made.announce(one)
    made.close()
    return warnings


def test_a_structured_event_is_the_body():
    with hook(204) as (url, seen):
        assert told(NotifySetting(url=f"{url}/a"), announcements=(FOUND, FOUND)) == []
    (path, headers, body), (_, _, second) = seen
    event = json.loads(body)
    assert path == "/a"
    assert headers["Content-Type"] == "application/cloudevents+json; charset=utf-8"
    assert "Authorization" not in headers
    assert event.pop("id") != json.loads(second)["id"]
    assert event == {
        "specversion": "1.0",
        "source": "https://10.0.0.1:6443/namespaces/ns-prod",
        "type": "dev.pkgops.promotion.ended",
        "subject": "default/hello",
        "time": "2026-01-01T12:00:00Z",
        "datacontenttype": "application/json",
        "data": {
            "workload": "default/hello", "environment": "prod", "by": "jane", "before": "1", "after": "2",
            "result": "succeeded", "message": "",
        },
    }  # fmt: skip


def test_a_binary_event_has_its_attributes_in_headers_and_its_data_in_the_body():
    with hook(200) as (url, seen):
        assert told(NotifySetting(url=url, binary=True)) == []
    ((_, headers, body),) = seen
    found = {name.lower(): value for name, value in headers.items()}
    assert {name: found[f"ce-{name}"] for name in ("specversion", "type", "source", "subject", "time")} == {
        "specversion": "1.0",
        "type": "dev.pkgops.promotion.ended",
        "source": "https://10.0.0.1:6443/namespaces/ns-prod",
        "subject": "default/hello",
        "time": "2026-01-01T12:00:00Z",
    }
    assert found["ce-id"]
    assert found["content-type"] == "application/json"
    assert "ce-datacontenttype" not in found
    assert json.loads(body)["result"] == "succeeded"


def test_headers_are_percent_encoded_as_the_binding_says():
    made = events.binary(events.event(FOUND, 'a "b" 100% €'))
    value = made.headers["ce-id"]
    assert value == "a%20%22b%22%20100%25%20%E2%82%AC"
    assert unquote(value) == 'a "b" 100% €'


@pytest.mark.parametrize("answers", [(500, 200), (503, 429, 202)])
def test_what_may_pass_is_tried_again_with_the_same_event(answers):
    with hook(*answers) as (url, seen):
        assert told(NotifySetting(url=url)) == []
    assert len(seen) == len(answers)
    assert len({json.loads(body)["id"] for _, _, body in seen}) == 1


@pytest.mark.parametrize("status", [302, 401, 404])
def test_what_was_refused_is_not_tried_again(status):
    with hook(status) as (url, seen):
        (warning,) = told(NotifySetting(url=f"{url}/services/T0/B0"))
    assert len(seen) == 1
    assert warning == f"{url} was not notified of the promotion (ended): HTTP {status}"


def test_an_address_that_is_down_or_always_fails_is_given_up_in_time(monkeypatch):
    monkeypatch.setattr(notifier, "DEADLINE", 0.2)
    (warning,) = told(NotifySetting(url="http://127.0.0.1:1/secret-path"))
    assert warning == "http://127.0.0.1:1 was not notified of the promotion (ended): ConnectionRefusedError"
    with hook(500) as (url, seen):
        (warning,) = told(NotifySetting(url=url))
    assert "HTTP 500" in warning
    assert len(seen) > 1


def test_one_that_never_answers_keeps_no_command_and_no_other_address(monkeypatch):
    monkeypatch.setattr(notifier, "LAST", 2.0)
    with hook(200) as (url, seen):
        silent = threading.Event()
        server = ThreadingHTTPServer(("127.0.0.1", 0), _silent(silent))
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        (warning,) = told(NotifySetting(url=address), NotifySetting(url=url))
        silent.set()
        server.shutdown()
        server.server_close()
    assert len(seen) == 1
    assert warning == f"{address} was not notified of everything within 2s"


def _silent(over):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            over.wait()

        def log_message(self, format, *args):
            pass

    return Handler


def test_only_what_is_asked_for_is_told():
    with hook(200) as (url, seen):
        assert told(NotifySetting(url=url, kinds=("gate",))) == []
    assert seen == []


@pytest.mark.parametrize("place", ["variable", "file"])
def test_a_token_comes_from_outside_and_is_seen_nowhere(tmp_path, place):
    file = tmp_path / "token"
    file.write_text("s3cret\n")
    where = {"token_variable": "HOOK"} if place == "variable" else {"token_file": str(file)}
    with hook(403) as (url, seen):
        (warning,) = told(NotifySetting(url=url, **where), environ={"HOOK": "s3cret"})
    assert seen[0][1]["Authorization"] == "Bearer s3cret"
    assert "s3cret" not in warning


@pytest.mark.parametrize(
    ("where", "warning"),
    [
        ({"token_variable": "HOOK"}, "http://127.0.0.1:1 is not notified: $HOOK is not set"),
        (
            {"token_file": "/none"},
            "http://127.0.0.1:1 is not notified: /none cannot be read: FileNotFoundError",
        ),
    ],
)
def test_a_token_that_is_not_there_is_a_warning(where, warning):
    assert told(NotifySetting(url="http://127.0.0.1:1", **where)) == [warning]


def test_apprise_is_told_at_an_address_from_outside():
    with hook(200) as (url, seen):
        address = url.replace("http", "json") + "/a"
        assert told(NotifySetting(url_variable="CHAT"), environ={"CHAT": address}) == []
    ((path, _, body),) = seen
    assert path == "/a"
    assert json.loads(body)["title"] == "default/hello: promotion of 2 in prod ended: succeeded"


def test_apprise_that_fails_is_tried_again_and_shows_no_address(monkeypatch, caplog):
    monkeypatch.setattr(notifier, "DEADLINE", 0.1)
    with hook(500) as (url, _):
        address = url.replace("http", "json") + "/s3cret"
        (warning,) = told(NotifySetting(url_variable="CHAT"), environ={"CHAT": address})
    assert warning == "$CHAT was not notified of the promotion (ended): apprise could not send it"
    assert "s3cret" not in caplog.text
    (warning,) = told(NotifySetting(url_variable="CHAT"), environ={"CHAT": "nothing://s3cret"})
    assert (
        warning == "$CHAT was not notified of the promotion (ended): apprise does not support such an address"
    )


def test_apprise_that_cannot_be_loaded_is_a_warning_that_says_what_to_do(monkeypatch, tmp_path):
    (tmp_path / "apprise.py").write_text("import a_module_that_this_python_has_not\n")
    monkeypatch.delitem(sys.modules, "apprise", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    (warning,) = told(NotifySetting(url_variable="CHAT"), environ={"CHAT": "json://127.0.0.1:1/s3cret"})
    assert warning.startswith("$CHAT was not notified of the promotion (ended): apprise cannot be loaded: ")
    assert warning.endswith("; pip install --upgrade apprise")
    assert "s3cret" not in warning


def test_apprise_needs_nothing_that_newer_pythons_have_no_more():
    """Python 3.13 has no imghdr; whoever imports it there finds nothing."""
    program = (
        "import sys; sys.modules['imghdr'] = None; import apprise; assert apprise.Apprise().add('json://h')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_without_the_extra_nothing_fails_and_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setattr(senders.importlib.util, "find_spec", lambda name: None)
    (warning,) = told(NotifySetting(url_variable="CHAT"), environ={"CHAT": "slack://s3cret"})
    assert warning == (
        "$CHAT is not notified: only apprise can reach it, which is not installed: "
        'pip install "pkgops[notify]"'
    )


def test_a_refused_gate_is_a_sentence():
    refused = Announcement(**{**{name: getattr(FOUND, name) for name in FOUND._names}, "kind": "gate"})
    assert events.title(refused) == "default/hello: a gate of prod refused 2"


@pytest.fixture
def place(tmp_path, memory_api):
    return Place(
        client=connect(memory_api.kubeconfig(tmp_path / "jane", user="jane")),
        namespace="ns-prod",
        environment="prod",
        workload="default/hello",
    )


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (None, "succeeded"),
        (StepFailed("it crashed"), "failed"),
        (RefusedError("it moved"), "failed"),
        (DeadlineError("it takes too long"), "unfinished"),
        (KeyboardInterrupt(), "unfinished"),
    ],
)
def test_start_and_end_of_a_change_are_announced_however_it_ends(place, error, result):
    seen = []
    ports = Ports(on_announcement=seen.append)
    raised = pytest.raises(type(error)) if error else nullcontext()
    with raised, announce.change(place, Action.ROLLBACK, "2", "1", ports):
        if error:
            raise error
    started, ended = seen
    assert (started.kind, started.phase, started.result) == ("rollback", "started", "")
    assert (started.before, started.after, started.by) == ("2", "1", "jane")
    assert (started.cluster, started.namespace) == (place.client.server, "ns-prod")
    assert (ended.kind, ended.phase, ended.result) == ("rollback", "ended", result)
    assert ended.message == (getattr(error, "what", "") or (type(error).__name__ if error else ""))
