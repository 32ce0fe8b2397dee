"""The tracker loses nothing: any cut and resume, and any order that Kubernetes allows, give the same end."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from functools import cache
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shared_traces import recorded

from pkgops.flows import replay
from pkgops.flows.next_command import next_command
from pkgops.model import ObjectRef
from pkgops.pipeline import Tracker

QUICK = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def events_of(name: str, until: float):
    return [(line.type, line.object) for line in recorded(name).lines if line.t <= until]


@cache
def expected(name: str, until: float):
    return end_of(name, until, events_of(name, until))


def end_of(name, until, events):
    found = recorded(name)
    tracker = Tracker(replay.scope_of(found), next_command)
    for kind, obj in events:
        tracker.apply(kind, obj)
    return tracker.snapshot(found.began + timedelta(seconds=until))


def state_at(events):
    """What a list of every kind answers after these events."""
    found = {}
    for kind, obj in events:
        key = ObjectRef.of(obj).key
        if kind == "DELETED":
            found.pop(key, None)
        else:
            found[key] = obj
    return found


def with_cuts(events, cuts):
    """The events that an informer gives when its watches break at ``cuts``: it misses some, then lists.

    Each cut is where the watch breaks and how many events are missed.
    """
    seen, result, index = {}, [], 0
    breaks = dict(cuts)
    while index < len(events):
        missed = breaks.get(index, 0)
        if missed:
            listed = state_at(events[: index + missed])
            result += [("DELETED", obj) for key, obj in seen.items() if key not in listed]
            result += [("MODIFIED" if key in seen else "ADDED", obj) for key, obj in listed.items()]
            seen, index = dict(listed), index + missed
            continue
        kind, obj = events[index]
        result.append((kind, obj))
        key = ObjectRef.of(obj).key
        seen.pop(key, None) if kind == "DELETED" else seen.__setitem__(key, obj)
        index += 1
    return result


def reordered(events, choose):
    """Another interleaving: each object's own events keep their order, which Kubernetes guarantees."""
    queues = defaultdict(list)
    for kind, obj in events:
        queues[ObjectRef.of(obj).key].append((kind, obj))
    waiting = [list(reversed(queue)) for queue in queues.values()]
    result = []
    while waiting:
        index = choose(len(waiting))
        result.append(waiting[index].pop())
        if not waiting[index]:
            waiting[index] = waiting[-1]
            waiting.pop()
    return result


MOMENTS = [
    ("first-run", 600.0),
    ("first-run", 1476.5),
    ("second-run", 120.0),
    ("second-run", 285.0),
    ("fourth-run", 57.0),
    ("fourth-run", 126.0),
    ("fifth-run", 21.0),
    ("fifth-run", 60.0),
]


@pytest.mark.parametrize(("name", "until"), MOMENTS)
@given(data=st.data())
@QUICK
def test_cut_watches_give_the_same_snapshot(name, until, data):
    events = events_of(name, until)
    cut = st.tuples(st.integers(0, len(events) - 1), st.integers(1, 200))
    cuts = data.draw(st.lists(cut, max_size=6))
    assert end_of(name, until, with_cuts(events, cuts)) == expected(name, until)


@pytest.mark.parametrize(("name", "until"), MOMENTS)
@given(seed=st.integers(0, 2**32))
@QUICK
def test_any_order_gives_the_same_snapshot(name, until, seed):
    events = reordered(events_of(name, until), Random(seed).randrange)
    assert end_of(name, until, events) == expected(name, until)


@pytest.mark.parametrize(("name", "until"), MOMENTS)
def test_a_watch_that_lags_behind_another_changes_nothing(name, until):
    """Two watches may cover the same object: after each form, the one before it comes once more."""
    last, result = {}, []
    for kind, obj in events_of(name, until):
        key = ObjectRef.of(obj).key
        result.append((kind, obj))
        if kind == "MODIFIED" and key in last:
            result.append(("MODIFIED", last[key]))
        last[key] = obj
    assert end_of(name, until, result) == expected(name, until)
