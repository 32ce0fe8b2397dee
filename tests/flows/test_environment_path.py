"""Where a version comes from on its path of environments."""

from __future__ import annotations

import pytest

from pkgops.errors import UsageError
from pkgops.flows import environment_path
from pkgops.settings import EnvironmentSetting

PATH = tuple(EnvironmentSetting(name=name, namespace=f"ns-{name}") for name in ("dev", "staging", "prod"))


@pytest.mark.parametrize(
    ("to", "named", "source"),
    [("staging", "", "dev"), ("prod", "", "staging"), ("prod", "dev", "dev"), ("staging", "prod", "prod")],
)
def test_the_one_before_unless_another_is_named(to, named, source):
    assert environment_path.source(PATH, to, named).name == source


@pytest.mark.parametrize(
    ("to", "named", "says"),
    [
        ("dev", "", "where delivery starts"),
        ("dev", "prod", "where delivery starts"),
        ("prd", "", "no environment 'prd'"),
        ("prod", "stagin", "no environment 'stagin'"),
        ("prod", "prod", "cannot be promoted to itself"),
    ],
)
def test_what_is_no_step_of_the_path_is_refused(to, named, says):
    with pytest.raises(UsageError, match=says):
        environment_path.source(PATH, to, named)
