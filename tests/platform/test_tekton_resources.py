import pytest

from pkgops.platform.tekton.credentials import credentials_of
from pkgops.platform.tekton.pod import build_pod
from pkgops.platform.tekton.resources import quantity

META = {"name": "r", "namespace": "ns", "uid": "u-1", "labels": {}, "annotations": {}}
STEPS = [{"name": "a", "image": "i", "command": ["x"]}, {"name": "b", "image": "i", "command": ["x"]}]
OWN = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "2"}}


def resources(steps, sidecars=(), **spec):
    """The resources of each container by its name."""
    run = {"apiVersion": "tekton.dev/v1", "kind": "TaskRun", "metadata": META, "spec": spec, "status": {}}
    task = {"steps": list(steps), "sidecars": list(sidecars)}
    pod = build_pod(run, task, [], credentials_of([]), "e")["spec"]
    made = [*pod["initContainers"], *pod["containers"]]
    return {entry["name"]: entry["resources"] for entry in made if "resources" in entry}


def test_a_run_gives_each_step_its_part_of_the_requests_and_the_limits_whole():
    shared = {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": "1"}}
    part = {"requests": {"cpu": "250m", "memory": "536870912"}, "limits": {"cpu": "1"}}
    found = resources([{**STEPS[0], "computeResources": OWN}, STEPS[1]], computeResources=shared)
    assert found == {"step-a": part, "step-b": part}


def test_limits_alone_are_shared_as_requests_too():
    found = resources(STEPS, computeResources={"limits": {"cpu": "1"}})
    assert found["step-a"] == {"requests": {"cpu": "500m"}, "limits": {"cpu": "1"}}


def test_empty_resources_of_a_run_change_nothing():
    assert resources([{**STEPS[0], "computeResources": OWN}], computeResources={})["step-a"] == OWN


def test_a_run_overrides_the_step_and_the_sidecar_that_it_names():
    wanted = {"requests": {"cpu": "3"}, "limits": {"memory": "1Gi"}}
    merged = {"requests": {"cpu": "3", "memory": "1Gi"}, "limits": {"cpu": "2", "memory": "1Gi"}}
    found = resources(
        [{**STEPS[0], "computeResources": OWN}, STEPS[1]],
        [{"name": "s", "image": "i"}, {"name": "t", "image": "i"}],
        stepSpecs=[{"name": "a", "computeResources": wanted}, {"name": "ghost", "computeResources": wanted}],
        sidecarSpecs=[{"name": "s", "computeResources": wanted}],
    )
    assert found == {"step-a": merged, "step-b": {}, "sidecar-s": wanted, "sidecar-t": {}}


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("250m", 0.25), ("1.5k", 1500), ("2Ki", 2048), ("1e3", 1000), ("3E", 3 * 10**18)],
)
def test_quantities(text, value):
    assert float(quantity(text)) == value


def test_what_is_no_quantity():
    with pytest.raises(ValueError, match="'lots' is no quantity"):
        quantity("lots")
