"""Errors that no controller foresaw are in events; doctor names object, sentence and place."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pkgops.flows.doctor_errors import internal_errors
from pkgops.flows.doctor_report import Result
from pkgops.flows.target import Target
from pkgops.pipeline.diagnosis.evidence import INTERNAL_ERROR
from pkgops.platform import failures
from pkgops.platform.conditions import timestamp
from pkgops.platform.events import event_object
from pkgops.settings import Overrides, load

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SENTENCE = "the local platform did not expect this: KeyError: 'x' (pkgops/platform/a.py, line 3, in b)"
EVENTS = "/api/v1/namespaces/{}/events"
SPACES = ("default", "apps-dev", "apps-prod")


@pytest.fixture
def target(client, tmp_path):
    return Target(name="there", client=client, settings=load(Overrides(), {}, tmp_path), confirms=True)


def event(name, reason=failures.REASON, text=SENTENCE):
    meta = {"name": name, "namespace": "apps-dev", "uid": name}
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}
    return event_object(obj, "Warning", reason, text, "pkgops-platform", timestamp(NOON))


def serve(api, *events):
    api.kinds["events"] = "Event"
    for namespace in SPACES:
        items = [one for one in events if one["metadata"]["namespace"] == namespace]
        api.answer_next("GET", EVENTS.format(namespace), 200, {"metadata": {}, "items": items}, {})


def test_the_reason_that_is_read_is_the_one_that_the_platform_writes():
    assert INTERNAL_ERROR == failures.REASON


def test_an_error_is_told_with_its_object_its_sentence_and_where_it_happened(api, client, target):
    api.put("one", {}, "apps-dev")
    serve(api, event("one"))
    (check,) = internal_errors(target)
    assert check.result is Result.WARNING
    assert (check.object.kind, check.object.namespace, check.object.name) == ("ConfigMap", "apps-dev", "one")
    assert SENTENCE in check.message
    assert "from pkgops-platform last at 2026-01-01T12:00:00Z" in check.message
    assert check.fix == "kubectl describe configmap/one -n apps-dev"


def test_what_is_told_of_an_object_that_is_gone_or_replaced_is_left_out(api, client, target):
    api.put("replaced", {}, "apps-dev")["metadata"]["uid"] = "another"
    serve(api, event("gone"), event("replaced"), event("replaced", "Unhealthy"))
    assert [check.result for check in internal_errors(target)] == [Result.OK]


def test_events_that_may_not_be_read_are_unknown_and_never_none(api, client, target):
    api.refuse("Event", "events", *SPACES)
    checks = list(internal_errors(target))
    assert {check.result for check in checks} == {Result.UNKNOWN}
    assert checks[0].message == "jane may not list events in default"
