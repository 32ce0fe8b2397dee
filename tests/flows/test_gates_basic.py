"""Gates: read from the configuration, the two that look at the version itself, and what refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from gates_kit import *  # noqa: F403
from gates_kit import NOW, OTHER, RUNS

from pkgops.errors import Exit, PreflightError, RefusedError, StepFailed, UsageError
from pkgops.flows.ports import Ports
from pkgops.flows.probe import ProbeResult
from pkgops.flows.promotion import contents, records
from pkgops.flows.promotion.compare import Contents
from pkgops.flows.promotion.gates import configured, evaluate, healthy, labels
from pkgops.flows.promotion.gates.rule import Gate, Rule, State, Verdict
from pkgops.flows.releases.release import Action, GateResult, Release
from pkgops.model import Blockage, CauseCode, ObjectRef
from pkgops.model import Verdict as Judged
from pkgops.settings import Overrides, load
from pkgops.values import replace

POD = ObjectRef("v1", "Pod", "ns-dev", "hello-1")


def environments(folder: Path, gates: str, name: str = "config.yaml"):
    """Read a configuration whose second environment has gates."""
    text = f"pkgops:\n  environments:\n    - name: dev\n    - name: prod\n      gates:\n{gates}"
    (folder / name).write_text(text)
    return load(Overrides((folder / name,)), {}, folder).environments


def test_gates_are_read_with_their_options(tmp_path):
    written = (
        "        - labels: {tier: gold, reviewed: }\n          overridable: false\n          rollback: true\n"
        "        - annotations: {owner: team-a}\n          name: owned\n"
    )
    found = configured.gates(environments(tmp_path, written)[1])
    assert [(one.name, one.type, one.overridable, one.rollback) for one in found] == [
        ("healthy", "healthy", True, False),
        ("not-rejected", "not-rejected", False, True),
        ("labels", "labels", False, True),
        ("owned", "annotations", True, False),
    ]
    assert found[2].spec == {"tier": "gold", "reviewed": None}


@pytest.mark.parametrize(
    ("gates", "place", "problem"),
    [
        ("        - labels: {a: b}\n        - lables: {a: b}\n", "7:11", "no type of gate 'lables'"),
        ("        - unheard-of\n", "6:11", "no type of gate 'unheard-of'"),
        ("        - labels: [a]\n", "6:11", "gate labels: must be a map"),
        ("        - labels: {a: [b]}\n", "6:11", "its values must be texts"),
        ("        - labels: {a: b}\n          annotations: {a: b}\n", "6:11", "labels and annotations"),
        ("        - overridable: true\n", "6:11", "a gate has one type, here are: none"),
        (
            "        - labels: {a: b}\n          overridable: maybe\n",
            "7:11",
            "overridable must be true or false",
        ),
        ("        - labels: {a: b}\n        - labels: {c: d}\n", "7:11", "two gates labels"),
        (
            "        - labels: {a: b}\n        - soak: 5s\n          rollback: true\n",
            "7:11",
            "soak cannot be evaluated for a rollback",
        ),
        (
            "        - verified:\n          rollback: true\n",
            "6:11",
            "verified cannot be evaluated for a rollback",
        ),
        ("        - healthy\n", "6:11", "has the gate healthy already"),
        ("        - 3\n", "6:11", "3 is not a gate"),
        ("        labels: {a: b}\n", "5:7", "gates must be a list"),
    ],
)
def test_what_is_no_gate_is_told_with_its_place(tmp_path, monkeypatch, gates, place, problem):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=problem) as caught:
        configured.gates(environments(tmp_path, gates)[1])
    assert caught.value.slug == "bad-gate"
    assert str(caught.value).startswith(f"config.yaml:{place}: ")


def test_a_gate_that_is_nearly_right_is_suggested(tmp_path):
    with pytest.raises(UsageError) as caught:
        configured.gates(environments(tmp_path, "        - lables: {a: b}\n")[1])
    assert "did you mean labels" in caught.value.next


def test_the_place_is_that_of_the_file_that_counts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    environments(tmp_path, "        - labels: {a: b}\n", "one.yaml")
    environments(tmp_path, "        - nothing\n", "two.yaml")
    both = load(Overrides((Path("one.yaml"), Path("two.yaml"))), {}, tmp_path)
    with pytest.raises(UsageError, match=r"^two.yaml:6:11: "):
        configured.gates(both.environments[1])


@pytest.fixture
def answering(monkeypatch):
    monkeypatch.setattr(healthy, "first_answer", lambda *_: ProbeResult(200, "Hello", POD))


def verdict(case, rule=healthy.RULE, spec=None):
    return evaluate._verdict(Gate(name="gate", type="gate", rule=rule, spec=spec), case)


def test_what_is_ready_and_answers_is_healthy(case_of, answering):
    found = verdict(case_of())
    assert found == Verdict(
        state=State.PASS, evidence="2 in dev is healthy, and pod/hello-1 answers HTTP 200"
    )


def test_what_runs_no_application_is_asked_nothing(case_of):
    note = "holds neither a Service of Knative nor a Deployment, but ConfigMap"
    found = verdict(case_of(replace(RUNS, serves=False, note=note)))
    assert found == Verdict(state=State.PASS, evidence=f"2 in dev is healthy, and {note}")


@pytest.mark.parametrize("judged", [one for one in Judged if one is not Judged.READY])
def test_what_is_not_ready_is_not_healthy_with_its_cause(case_of, answering, judged):
    case = case_of(replace(RUNS, verdict=judged))
    cause = Blockage(code=CauseCode.REVISION_FAILED, cause="the revision crashed", object=None, scope="dev")
    snapshot = replace(case.snapshot, blockages=(cause,))
    found = healthy.judge(None, healthy.gather(None, case_of(snapshot=snapshot)))
    assert found.state is State.FAIL
    assert found.evidence == f"2 in dev is not healthy: {judged}"
    assert (found.detail, found.remedy) == ("the revision crashed", "pkgops why")


def test_what_does_not_answer_is_not_healthy(case_of, monkeypatch):
    def fails(*_):
        raise StepFailed("pod/hello-1 in ns-dev answers HTTP 500", why="oops", slug="bad-answer")

    monkeypatch.setattr(healthy, "first_answer", fails)
    found = verdict(case_of())
    assert (found.state, found.detail) == (State.FAIL, "oops")
    assert "answers HTTP 500" in found.evidence


def test_what_may_not_be_asked_is_unknown_and_no_pass(case_of, monkeypatch):
    def fails(*_):
        raise PreflightError("unknown what pod/hello-1 answers: jane may not", next="pkgops doctor --rbac")

    monkeypatch.setattr(healthy, "first_answer", fails)
    found = verdict(case_of())
    assert (found.state, found.remedy) == (State.PENDING, "pkgops doctor --rbac")
    assert found.evidence.startswith("unknown: ")


def test_a_version_that_runs_nowhere_is_unknown(case_of, answering):
    found = verdict(case_of(after=Release(version="1", image=OTHER)))
    assert found.state is State.PENDING
    assert found.evidence == "unknown: dev runs 2, and nothing shows that 1 was healthy there"


@pytest.mark.parametrize("ready", ["True", "False"])
def test_an_older_version_was_healthy_by_its_revision(case_of, ready):
    case = case_of(after=Release(version="1", image=OTHER))
    meta = {"name": "hello-00001", "namespace": "ns-dev", "uid": "1"}
    container = {"name": "user-container", "image": OTHER}
    revision = {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Revision",
        "metadata": meta,
        "spec": {"containers": [container]},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }
    case.tracker.apply("ADDED", revision)
    found = verdict(case)
    assert (found.state is State.PASS) is (ready == "True")
    assert ("revision/hello-00001 is ready" in found.evidence) is (ready == "True")


def test_an_older_version_was_healthy_by_a_record(case_of):
    case = case_of(after=Release(version="1", image=OTHER))
    with records.recorded(case.place(), Action.PROMOTE, Release, case.after, Ports(now=lambda: NOW)) as end:
        end.runs = Release(version="1", healthy=True)
    found = verdict(case)
    assert found.state is State.PASS
    assert "1 was healthy in prod, by the record hello-release-" in found.evidence


@pytest.fixture
def package(monkeypatch):
    """The package of version 2, as the registry has it."""
    meta = {"name": "hello.2", "labels": {"tier": "gold", "reviewed": "true"}}
    obj = {"apiVersion": "data.packaging.carvel.dev/v1alpha1", "kind": "Package", "metadata": meta}
    monkeypatch.setattr(
        contents, "of_version", lambda settings, version: Contents(version=version, package=(obj,))
    )


@pytest.mark.parametrize(
    ("wanted", "state", "evidence"),
    [
        ({"tier": "gold"}, State.PASS, "the package has tier=gold"),
        ({"tier": None, "reviewed": True}, State.PASS, "the package has tier=gold, reviewed=true"),
        ({"tier": "silver"}, State.FAIL, "labels of the package: tier is gold, not silver"),
        ({"owner": None}, State.FAIL, "labels of the package: owner is missing"),
    ],
)
def test_labels_that_the_package_must_carry(case_of, package, wanted, state, evidence):
    found = verdict(case_of(), labels.RULE, labels.RULE.read(wanted))
    assert (found.state, found.evidence) == (state, evidence)


def test_annotations_are_no_labels(case_of, package):
    found = verdict(case_of(), labels.ANNOTATIONS, labels.ANNOTATIONS.read({"tier": "gold"}))
    assert found.evidence == "annotations of the package: tier is missing"


def gate(name, state=State.PASS, error=None, **more):
    said = Verdict(state=state, evidence=f"{name} says so", remedy=f"satisfy {name}", error=error)
    return Gate(
        name=name, type=name, rule=Rule(read=lambda value: value, judge=lambda spec, seen: said), **more
    )


def outcomes(case, *gates, **overrides):
    return evaluate.evaluate(gates, case, overrides)


def test_all_that_pass_refuse_nothing(case_of):
    case = case_of()
    evaluate.refuse(outcomes(case, gate("one"), gate("two")), case)


def test_one_that_does_not_pass_is_told_whole(case_of):
    case = case_of()
    with pytest.raises(RefusedError, match="gate two of prod does not pass: two says so") as caught:
        evaluate.refuse(outcomes(case, gate("one"), gate("two", State.PENDING)), case)
    assert (caught.value.next, caught.value.exit_code) == ("satisfy two", Exit.REFUSED)


def test_several_are_listed_and_what_fails_comes_before_what_is_pending(case_of):
    case = case_of()
    with pytest.raises(RefusedError, match="2 gates of prod do not pass 2: one, two") as caught:
        evaluate.refuse(outcomes(case, gate("one", State.PENDING), gate("two", State.FAIL)), case)
    assert caught.value.why.splitlines() == ["one (pending): one says so", "two (fail): two says so"]
    assert caught.value.next == "satisfy two"


def test_nothing_but_the_unknown_is_told_as_unknown_and_not_as_refused(case_of):
    case, error = case_of(), PreflightError("no answer", next="wait")
    with pytest.raises(PreflightError, match="no answer"):
        evaluate.refuse(outcomes(case, gate("one"), gate("two", State.PENDING, error)), case)
    with pytest.raises(RefusedError):
        evaluate.refuse(outcomes(case, gate("one", State.FAIL), gate("two", State.PENDING, error)), case)


def test_an_override_passes_one_gate_and_is_recorded(case_of):
    case = case_of()
    found = outcomes(case, gate("one", State.FAIL), gate("two"), one="it burns", two="to be sure")
    evaluate.refuse(found, case)
    assert [one.recorded() for one in found] == [
        GateResult(gate="one", type="one", state="fail", evidence="one says so", overridden="it burns"),
        GateResult(gate="two", type="two", state="pass", evidence="two says so", overridden=""),
    ]
    with records.recorded(
        case.place(),
        Action.PROMOTE,
        lambda: case.before,
        case.after,
        case.ports,
        lambda: [one.recorded() for one in found],
    ):
        pass
    (kept,), _ = case.place().read()
    assert kept.gates == tuple(one.recorded() for one in found)


def test_overrides_that_are_refused():
    asked = [gate("one"), gate("two", overridable=False)]
    evaluate.check_overrides(asked, "prod", {"one": "because"})
    with pytest.raises(UsageError, match="there is no gate 'onne' for prod"):
        evaluate.check_overrides(asked, "prod", {"onne": "because"})
    with pytest.raises(UsageError, match="--override one needs a reason"):
        evaluate.check_overrides(asked, "prod", {"one": " "})
    with pytest.raises(RefusedError, match="gate two of prod is not overridable"):
        evaluate.check_overrides(asked, "prod", {"two": "because"})


def test_a_rollback_asks_only_the_gates_that_say_so(tmp_path):
    written = "        - labels: {a: b}\n          rollback: true\n        - annotations: {a: b}\n"
    (_, prod) = environments(tmp_path, written)
    assert [one.name for one in evaluate.applying(prod, Action.ROLLBACK)] == ["not-rejected", "labels"]
    assert len(evaluate.applying(prod, Action.PROMOTE)) == 4
