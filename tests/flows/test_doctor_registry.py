"""Whether the registry lets us pull and push, also where the templates' own values name no workload."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from registry_fixtures import registry

from pkgops.flows.doctor_access import registry_access
from pkgops.flows.doctor_report import Result
from pkgops.settings import Overrides, load

__all__ = ["registry"]


@pytest.mark.parametrize(("name", "asked"), [("mine", "mine"), ("", "pkgops")])
def test_a_repository_below_the_prefix_is_asked_for(registry, name, asked):
    values = {
        "registry.tagPrefix": f"{registry.host}/demo/",
        "registry.server": f"http://{registry.host}",
        "workload.name": name,
    }
    options = {key: (value, "test") for key, value in values.items()}
    target = SimpleNamespace(settings=load(Overrides((), options), {}, Path("/nowhere")))
    pull, push = registry_access(target)
    assert (pull.result, push.result) == (Result.OK, Result.OK)
    assert f"nothing was pushed to {registry.host}/demo/{asked} yet" in pull.message
