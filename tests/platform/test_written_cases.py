"""Objects as people write them: what admission answers to each, and that no file of theirs is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from written_cases import PLATFORM, SLIPS, Obj, documents, named

from pkgops.platform.knative import review as knative
from pkgops.platform.tekton.admission import VALIDATION_PATH
from pkgops.platform.tekton.admission import respond as tekton_respond

TESTS = Path(__file__).parents[1]
UNKNOWN = "validation failed: non-existent variable in "
TASK_RUNS = {
    "TaskRun/r-git": "",
    "TaskRun/r-bundle": "validation failed: must not set the field(s): spec.taskRef.bundle",
    "TaskRun/r-stepaction": "",
    "TaskRun/r-when": "",
    "TaskRun/r-compute": "",
    "TaskRun/r-stepspecs": "",
    "TaskRun/r-badresult": f'{UNKNOWN}"echo $(results.b.path)": spec.taskSpec.steps[0].script',
    "TaskRun/r-badparam": f'{UNKNOWN}"echo $(params.typo)": spec.steps[0].script',
    "TaskRun/r-extraparam": "",
    "TaskRun/r-resources": "",
    "TaskRun/r-volumeclaim": "",
}
"""The message with which each TaskRun is refused; empty where it is not."""
IN_POD, NOTES = "spec.template.spec", "spec.template.metadata.annotations"
SERVICES = {
    "Service/bad-percent": "Traffic targets sum to 60, want 100: spec.traffic",
    "Service/bad-name": 'invalid value: "other-v1" must have prefix "bad-name-": spec.template.metadata.name',
    "Service/bad-scale": "max-scale=2 is less than min-scale=5",
    "Service/bad-scaletext": f"invalid value: many: {NOTES}.autoscaling.knative.dev/minScale",
    "Service/bad-anno": f'autoscaling annotations must be put under "{NOTES}" to work',
    "Service/bad-two": f"missing field(s): {IN_POD}.containers[*].ports",
    "Service/bad-ports": f"more than one container port is set: {IN_POD}.containers[*].ports",
    "Service/bad-env": f'"PORT" is a reserved environment variable: {IN_POD}.containers[0].env[0].name',
    "Service/bad-hostnet": f"must not set the field(s): {IN_POD}.hostNetwork, {IN_POD}.nodeSelector",
    "Service/bad-vol": "HostPath volume support is disabled, but found HostPath volume v: ",
    "Service/bad-timeout": f"expected 0 <= 9999 <= 600: {IN_POD}.timeoutSeconds",
    "Service/bad-visibility": "",
    "Service/bad-tag": "invalid value: not a DNS 1035 label: [a DNS-1035 label must",
}
"""The message with which each invalid Service is refused; empty where Knative admits it."""


def of_task_run(obj: Obj) -> str:
    request = {"uid": "1", "object": obj, "operation": "CREATE"}
    response = tekton_respond(VALIDATION_PATH, {"request": request})["response"]
    return str((response.get("status") or {}).get("message", ""))


def of_service(obj: Obj) -> list[str]:
    placed = {**obj, "metadata": {**obj["metadata"], "namespace": "apps"}}
    return knative.problems(knative.defaulted(placed, None, "me"), None)


@pytest.mark.parametrize("obj", documents("07/in.yaml", IMG="registry.io/a"), ids=named)
def test_a_task_run_is_refused_or_not_as_tekton_does(obj: Obj) -> None:
    assert of_task_run(obj) == TASK_RUNS[named(obj)]


@pytest.mark.parametrize("obj", documents("12/bad.yaml.tpl", REG="registry.io"), ids=named)
def test_a_service_is_refused_or_not_as_knative_does(obj: Obj) -> None:
    wanted, said = SERVICES[named(obj)], of_service(obj)
    assert bool(said) is bool(wanted)
    assert said[:1] == [text for text in said[:1] if wanted in text]


@pytest.mark.parametrize("file", ["12/in.yaml.tpl", "12/split2.yaml.tpl"])
def test_services_as_people_write_them_pass(file: str) -> None:
    services = [obj for obj in documents(file, REG="registry.io") if obj["kind"] == "Service"]
    assert services
    assert [of_service(obj) for obj in services] == [[]] * len(services)


TABLES = {"07/in.yaml": TASK_RUNS, "12/bad.yaml.tpl": SERVICES, "17/in.yaml.tpl": SLIPS}


@pytest.mark.parametrize(("file", "table"), TABLES.items(), ids=TABLES)
def test_every_object_of_a_file_has_its_right_value(file: str, table: dict[str, str]) -> None:
    assert sorted(named(obj) for obj in documents(file)) == sorted(table)


def test_every_file_is_read_by_a_test() -> None:
    written = [str(path.relative_to(PLATFORM)) for path in sorted(PLATFORM.rglob("*")) if path.is_file()]
    code = "".join(path.read_text() for path in sorted(TESTS.rglob("*.py")))
    assert len(written) >= 9
    assert [name for name in written if not re.search(rf'documents\(\s*"{re.escape(name)}"', code)] == []
