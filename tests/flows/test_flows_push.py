"""Where snapshots go on a team's cluster: a server that takes pushes, a branch of one's own."""

from __future__ import annotations

import pytest

from pkgops.errors import RefusedError
from pkgops.flows import push
from pkgops.settings import Overrides, load

URL = "https://git.example.com/demo/shop.git"


def configured(tmp_path, url, branch):
    (tmp_path / "config.yaml").write_text(f"git: {{push: '{url}', branch: '{branch}'}}\n")
    return push.configured(load(Overrides(), {}, tmp_path))


def test_nothing_is_pushed_where_nothing_says_so(tmp_path):
    assert configured(tmp_path, "", "dev-ada") is None


@pytest.mark.parametrize("url", [URL, "git@git.example.com:demo/shop.git", "ssh://git@git.example.com/shop"])
def test_a_branch_of_ones_own_takes_snapshots(tmp_path, url):
    place = configured(tmp_path, url, "dev-ada")
    assert place == push.PushTo(url, "dev-ada")
    push.check_branch(place, "main")


@pytest.mark.parametrize("branch", ["main", "master"])
def test_a_branch_that_others_share_by_its_name_does_not(tmp_path, branch):
    with pytest.raises(RefusedError) as caught:
        configured(tmp_path, URL, branch)
    assert caught.value.slug == "shared-branch"


def test_nor_does_the_default_branch_of_the_repository(tmp_path):
    with pytest.raises(RefusedError) as caught:
        push.check_branch(configured(tmp_path, URL, "release"), "release")
    assert caught.value.slug == "shared-branch"


def test_a_password_does_not_reach_the_arguments_of_git(tmp_path):
    with pytest.raises(RefusedError) as caught:
        configured(tmp_path, "https://ada:secret@git.example.com/shop.git", "dev-ada")
    assert caught.value.slug == "password-in-url"
    assert "secret" not in f"{caught.value.what}{caught.value.why}{caught.value.next}"
