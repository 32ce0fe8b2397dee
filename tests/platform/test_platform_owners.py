import pytest

from pkgops.platform.owners import is_controlled_by, is_owned_by, owner_reference

OWNER = {"apiVersion": "carto.run/v1alpha1", "kind": "Runnable", "metadata": {"name": "a", "uid": "1"}}
SAME_NAME = {**OWNER, "metadata": {"name": "a", "uid": "2"}}


def owned(*references):
    return {"metadata": {"name": "child", "ownerReferences": list(references)}}


def test_the_reference_names_the_owner_and_lets_its_deletion_wait():
    assert owner_reference(OWNER) == {
        "apiVersion": "carto.run/v1alpha1",
        "kind": "Runnable",
        "name": "a",
        "uid": "1",
        "controller": True,
        "blockOwnerDeletion": True,
    }


@pytest.mark.parametrize("judge", [is_owned_by, is_controlled_by])
def test_the_uid_tells_owners_of_one_name_apart(judge):
    child = owned(owner_reference(OWNER))
    assert judge(child, OWNER)
    assert not judge(child, SAME_NAME)
    assert not judge({"metadata": {"name": "child"}}, OWNER)


def test_an_owner_among_others_need_not_be_the_controller():
    child = owned({**owner_reference(OWNER), "controller": False}, owner_reference(SAME_NAME))
    assert is_owned_by(child, OWNER)
    assert not is_controlled_by(child, OWNER)
    assert is_controlled_by(child, SAME_NAME)
