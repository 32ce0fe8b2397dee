"""What each gate says of what was seen: what is not known is pending, and never a pass."""

from __future__ import annotations

from datetime import timedelta

import pytest
from snapshot_kit import at

from pkgops.errors import UsageError
from pkgops.flows.promotion.gates import configured, healthy, labels, soak, verified
from pkgops.flows.promotion.gates.clock import Clock
from pkgops.flows.promotion.gates.rule import BadSpec
from pkgops.settings import EnvironmentSetting, GateSetting


def said(found):
    return str(found.state), found.evidence, found.remedy


def seen(runs="0.1.2", is_healthy=True, **more):
    return healthy.Facts(version="0.1.2", environment="dev", runs=runs, healthy=is_healthy, **more)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (
            seen(detail="pod/a answers HTTP 200"),
            ("pass", "0.1.2 in dev is healthy, and pod/a answers HTTP 200", ""),
        ),
        (
            seen(is_healthy=False, detail="failed", causes="it broke", remedy="pkgops why"),
            ("fail", "0.1.2 in dev is not healthy: failed", "pkgops why"),
        ),
        (
            seen("0.1.3", before="its image was healthy in dev: revision/r is ready"),
            ("pass", "its image was healthy in dev: revision/r is ready; now dev runs 0.1.3", ""),
        ),
        (
            seen("0.1.3"),
            (
                "pending",
                "unknown: dev runs 0.1.3, and nothing shows that 0.1.2 was healthy there",
                "deliver 0.1.2 to dev first, or name an environment where it is healthy with --from",
            ),
        ),
        (
            seen(""),
            (
                "pending",
                "unknown: dev runs nothing, and nothing shows that 0.1.2 was healthy there",
                "deliver 0.1.2 to dev first, or name an environment where it is healthy with --from",
            ),
        ),
    ],
)
def test_healthy(found, verdict):
    assert said(healthy.judge(None, found)) == verdict


def test_why_a_version_is_not_healthy_is_more_evidence():
    assert (
        healthy.judge(None, seen(is_healthy=False, detail="failed", causes="it broke")).detail == "it broke"
    )


def answered(since, now=60, problem="", note=""):
    return soak.Facts(
        version="0.1.2",
        environment="dev",
        problem=problem,
        since=None if since is None else at(since),
        by="Ready of service/hello",
        clock=Clock(at(now), note),
    )


@pytest.mark.parametrize(
    ("found", "state", "evidence", "remedy"),
    [
        (answered(0), "pass", "0.1.2 in dev has answered for 1m, by Ready of service/hello", ""),
        (
            answered(1),
            "pending",
            "0.1.2 in dev has answered for 59s, by Ready of service/hello; it must for 1m",
            "wait until 2026-11-22 12:01:01Z; an interruption restarts it",
        ),
        (answered(-86400), "pass", "0.1.2 in dev has answered for 1d1m, by Ready of service/hello", ""),
        # Its clock is behind that of whoever dated the objects.
        (
            answered(90),
            "pending",
            "0.1.2 in dev has answered for 0s, by Ready of service/hello; it must for 1m",
            "wait until 2026-11-22 12:02:30Z; an interruption restarts it",
        ),
        (
            answered(None),
            "pending",
            "unknown since when 0.1.2 in dev has answered: Ready of service/hello",
            "objects with a time; or promote with --override and --reason, where a user has "
            "observed it for 1m",
        ),
        (
            answered(0, problem="dev runs nothing, not 0.1.2"),
            "pending",
            "dev runs nothing, not 0.1.2",
            "1m of serving without interruption",
        ),
        (
            answered(0, note="by the clock of team"),
            "pass",
            "0.1.2 in dev has answered for 1m, by Ready of service/hello (by the clock of team)",
            "",
        ),
    ],
)
def test_soak(found, state, evidence, remedy):
    assert said(soak.judge(timedelta(minutes=1), found)) == (state, evidence, remedy)


@pytest.mark.parametrize(("value", "seconds"), [("30m", 1800), ("90s", 90), ("1h30m", 5400)])
def test_the_time_of_a_soak(value, seconds):
    assert soak.read(value) == timedelta(seconds=seconds)


@pytest.mark.parametrize("value", ["soon", "", None, [], {}])
def test_what_is_no_time_is_refused(value):
    with pytest.raises(BadSpec):
        soak.read(value)


@pytest.mark.parametrize(
    ("wanted", "carried", "state", "evidence"),
    [
        ({"tier": "gold"}, {"tier": "gold", "x": "1"}, "pass", "the package has tier=gold"),
        ({"tier": None}, {"tier": "any"}, "pass", "the package has tier=any"),
        ({"tier": "gold"}, {"tier": "iron"}, "fail", "labels of the package: tier is iron, not gold"),
        ({"tier": None}, {}, "fail", "labels of the package: tier is missing"),
        (
            {"tier": "gold", "team": None},
            {"tier": "iron"},
            "fail",
            "labels of the package: tier is iron, not gold; team is missing",
        ),
    ],
)
def test_labels(wanted, carried, state, evidence):
    found = labels.RULE.judge(wanted, carried)
    assert (str(found.state), found.evidence) == (state, evidence)
    assert bool(found.remedy) is (state == "fail")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({"tier": "gold"}, {"tier": "gold"}),
        ({"tier": None}, {"tier": None}),
        # As in a manifest, where these are texts.
        ({"signed": True, "level": 3}, {"signed": "true", "level": "3"}),
        ({1: "one"}, {"1": "one"}),
    ],
)
def test_the_labels_that_are_wanted(value, wanted):
    assert labels.RULE.read(value) == wanted


@pytest.mark.parametrize("value", [{}, None, "tier", ["tier"], {"tier": ["gold"]}, {"tier": {"gold": 1}}])
def test_what_is_no_map_of_labels_is_refused(value):
    with pytest.raises(BadSpec):
        labels.RULE.read(value)


@pytest.mark.parametrize("value", [None, True])
def test_verified_takes_no_value(value):
    assert verified.RULE.read(value) is None


@pytest.mark.parametrize("value", [False, "yes", {}, ["smoke"], 1.5])
def test_a_value_of_verified_is_refused(value):
    with pytest.raises(BadSpec):
        verified.RULE.read(value)


def test_what_was_never_verified_is_pending():
    assert said(verified.judge(None, verified.Facts("0.1.2", "dev", None))) == (
        "pending",
        "no verification in dev has a result for 0.1.2",
        "pkgops verify --env dev",
    )


FIRST = EnvironmentSetting(name="dev", namespace="apps-dev")


def environment(*gates):
    return EnvironmentSetting(name="prod", namespace="apps-prod", gates=tuple(gates))


def gate(type, value=None, **more):
    values = {"name": type, "overridable": True, "rollback": False, "place": "pkgops.yaml:3:5"}
    return GateSetting(**{**values, "type": type, "value": value, **more})


@pytest.mark.parametrize(
    ("found", "words", "next"),
    [
        (gate("soack", "30m"), "there is no type of gate 'soack'", "did you mean soak?"),
        (gate("xyzzy"), "there is no type of gate 'xyzzy'; there are: ", "choose one of these"),
        (gate("soak", "soon"), "gate soak: ", ""),
        (
            gate("soak", "30m", rollback=True),
            "soak cannot be evaluated for a rollback",
            "leave out rollback: true",
        ),
    ],
)
def test_a_gate_that_cannot_be_is_refused_with_its_place(found, words, next):
    with pytest.raises(UsageError) as refused:
        configured.gates(environment(found))
    told = f"{refused.value.what} {refused.value.why}"
    assert words in told
    assert "pkgops.yaml:3:5" in told
    assert next in refused.value.next
    assert list(configured.problems([FIRST, environment(found)])) == ["prod"]


def test_the_gates_of_an_environment_come_after_those_of_every_one():
    own = [gate("soak", "30m", name="a night"), gate("labels", {"tier": "gold"})]
    found = configured.gates(environment(*own))
    assert [one.name for one in found[-2:]] == ["a night", "labels"]
    assert [one.name for one in found[:-2]] == [one.name for one in configured.ALWAYS]
    assert configured.problems([FIRST, environment(*own)]) == {}


def test_gates_that_nobody_would_ask_are_refused_with_their_place():
    problems = configured.problems([environment(gate("soak", "30m")), FIRST])
    assert problems["prod"].what == (
        "pkgops.yaml:3:5: the gates of prod would not be evaluated: delivery starts there, "
        "without a promotion"
    )


def test_a_gate_that_every_environment_has_is_not_named_again():
    name = configured.ALWAYS[0].name
    with pytest.raises(UsageError, match=f"every environment has the gate {name}"):
        configured.gates(environment(gate("soak", "30m", name=name)))


def test_nothing_is_wrong_with_no_gates():
    assert configured.problems([environment()]) == {}
