import pytest

from pkgops.platform.storage import volumes

CLASS = {
    "metadata": {"name": "standard"},
    "provisioner": volumes.PROVISIONER,
    "parameters": {"folder": "/data/volumes"},
    "reclaimPolicy": "Delete",
}
KEEPING = {**CLASS, "metadata": {"name": "cache"}, "parameters": {"folder": "/cache/volumes", "keep": "true"}}
CLAIM = {
    "metadata": {"namespace": "default", "name": "data", "uid": "u-1"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


def claim(**spec):
    return {**CLAIM, "spec": {**CLAIM["spec"], **spec}}


def test_the_volume_is_for_this_claim_only():
    made = volumes.volume(CLAIM, CLASS)
    assert made["metadata"]["name"] == "pvc-u-1"
    assert made["spec"]["claimRef"]["uid"] == "u-1"
    assert made["spec"]["hostPath"]["path"] == "/data/volumes/pvc-u-1"
    assert made["spec"]["capacity"] == {"storage": "1Gi"}
    assert made["spec"]["persistentVolumeReclaimPolicy"] == "Delete"
    assert made == volumes.volume(CLAIM, CLASS)
    assert volumes.is_own(made)
    assert not volumes.keeps_folder(made)


def test_a_keeping_class_names_the_folder_after_the_claim():
    made = volumes.volume(CLAIM, KEEPING)
    assert made["spec"]["hostPath"]["path"] == "/cache/volumes/default/data"
    assert volumes.keeps_folder(made)


@pytest.mark.parametrize(
    ("found", "storage_class", "wants"),
    [
        (CLAIM, CLASS, True),
        (CLAIM, None, False),
        (CLAIM, {**CLASS, "provisioner": "other"}, False),
        (claim(volumeName="pvc-u-1"), CLASS, False),
        ({**CLAIM, "metadata": {**CLAIM["metadata"], "deletionTimestamp": "now"}}, CLASS, False),
    ],
)
def test_which_claims_are_served(found, storage_class, wants):
    assert volumes.requires_volume(found, storage_class) is wants


@pytest.mark.parametrize(
    ("spec", "field", "reason"),
    [
        ({"selector": {"matchLabels": {"a": "b"}}}, "spec.selector", "a volume is made for each claim"),
        ({"dataSource": {"kind": "VolumeSnapshot"}}, "spec.dataSource", "volumes begin empty"),
        ({"dataSourceRef": {"kind": "VolumeSnapshot"}}, "spec.dataSourceRef", "volumes begin empty"),
        ({"volumeMode": "Block"}, "spec.volumeMode", "volumes are folders"),
    ],
)
def test_a_claim_that_gets_no_volume_is_told_why(spec, field, reason):
    assert volumes.refused(claim(**spec), CLASS) == (
        'failed to provision volume with StorageClass "standard": '
        f"{field} is not part of the local platform: {reason}"
    )


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"mountOptions": ["ro"]}, "mountOptions is not part of the local platform: folders are not mounted"),
        ({"parameters": {}}, "parameters.folder is missing; the local platform's are folder and keep"),
        ({"parameters": None}, "parameters.folder is missing; the local platform's are folder and keep"),
        (
            {"parameters": {"folder": "/a", "type": "gp3"}},
            "parameters.type is none; the local platform's are folder and keep",
        ),
    ],
)
def test_a_class_that_gives_no_volume_is_told_at_the_claim(changed, reason):
    said = f'failed to provision volume with StorageClass "standard": {reason}'
    assert volumes.refused(CLAIM, {**CLASS, **changed}) == said


def test_what_a_class_may_say_besides_is_harmless():
    harmless = {"allowVolumeExpansion": True, "volumeBindingMode": "WaitForFirstConsumer"}
    assert volumes.refused(CLAIM, {**KEEPING, **harmless}) == ""


def test_an_ordinary_claim_is_refused_nothing():
    assert volumes.refused(claim(volumeMode="Filesystem", storageClassName="standard"), CLASS) == ""


@pytest.mark.parametrize(
    ("phase", "policy", "deleted", "finished"),
    [
        ("Released", "Delete", False, True),
        ("Bound", "Delete", False, False),
        ("Released", "Retain", False, False),
        ("Released", "Delete", True, False),
    ],
)
def test_when_a_volume_ends(phase, policy, deleted, finished):
    made = volumes.volume(CLAIM, {**CLASS, "reclaimPolicy": policy})
    made["status"] = {"phase": phase}
    if deleted:
        made["metadata"]["deletionTimestamp"] = "now"
    assert volumes.is_finished(made) is finished


def test_volumes_of_others_are_not_ours():
    assert not volumes.is_own({"metadata": {"name": "x"}})
