"""Every field of claims and storage classes that counts: without it, there is another volume, or none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from acted_on_kit import Memory, Outcome, Scene, acted_on, makes_a_difference, scenes

from pkgops.platform.fieldsupport import Field
from pkgops.platform.queue import Key
from pkgops.platform.storage.provisioner import Provisioner


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scene]:
    text = json.dumps(scenes("storage")).replace("FOLDER", str(tmp_path_factory.mktemp("volumes")))
    return dict(json.loads(text))


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    def found(scene: Scene) -> Any:
        world = Volumes(*())
        for obj in scene:
            world.put(obj)
        platform: Any = world
        for obj in scene:
            if obj["kind"] == "PersistentVolumeClaim":
                Provisioner(platform).provision(Key("ns", obj["metadata"]["name"]))
        made = [obj for (kind, _), obj in world.objects.items() if kind == "PersistentVolume"]
        return [made, world.events]

    return found


class Volumes(Memory):
    """A cluster in which volumes have no namespace."""

    def create(self, obj: dict[str, Any]) -> dict[str, Any]:
        return super().create({**obj, "metadata": {"namespace": "", **obj["metadata"]}})


def test_a_claim_gets_a_folder_and_one_that_has_a_volume_gets_none(
    given: dict[str, Scene], outcome: Outcome
) -> None:
    (volume,), _ = outcome(given["claims"])
    assert volume["spec"]["claimRef"]["name"] == "asking"
    assert Path(volume["spec"]["hostPath"]["path"]).is_dir()


@pytest.mark.parametrize(("kind", "field"), acted_on("storage"), ids=lambda one: getattr(one, "path", one))
def test_without_a_field_that_counts_there_is_another_volume_or_none(
    kind: str, field: Field, given: dict[str, Scene], outcome: Outcome
) -> None:
    assert makes_a_difference(kind, field, given, outcome)
