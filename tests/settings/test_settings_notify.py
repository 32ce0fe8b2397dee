"""``pkgops.notify``: who is told, and that no secret stands in a configuration."""

from __future__ import annotations

import pytest

from pkgops.errors import UsageError
from pkgops.settings import Overrides, load
from pkgops.settings.notify import KINDS, NotifySetting


def settings(tmp_path, item):
    (tmp_path / "config.yaml").write_text(f"pkgops:\n  notify:\n    - {item}\n")
    return load(Overrides(), {}, tmp_path)


def test_what_is_left_out_is_the_usual(tmp_path):
    usual = NotifySetting(
        url="https://hooks.example.com/a",
        url_variable="",
        url_file="",
        token_variable="",
        token_file="",
        binary=False,
        kinds=KINDS,
    )
    assert settings(tmp_path, "https://hooks.example.com/a").notify == (usual,)
    assert load(Overrides(), {}, tmp_path.parent).notify == ()


def test_all_may_be_said_and_files_lie_beside_the_configuration(tmp_path):
    said = "{url: 'http://h:1/a?room=1', tokenFile: token, mode: binary, events: [gate]}"
    (found,) = settings(tmp_path, said).notify
    assert found == NotifySetting(
        url="http://h:1/a?room=1",
        url_variable="",
        url_file="",
        token_variable="",
        token_file=str(tmp_path / "token"),
        binary=True,
        kinds=("gate",),
    )
    assert found.label == "http://h:1"
    (found,) = settings(tmp_path, "{urlFile: chat}").notify
    assert (found.url_file, found.label) == (str(tmp_path / "chat"),) * 2


@pytest.mark.parametrize(
    "item",
    [
        "https://jane:s3cret@hooks.example.com/a",
        "{url: 'https://s3cret@hooks.example.com'}",
        "{url: 'https://hooks.example.com/a?access_token=s3cret'}",
        "{url: 'https://hooks.example.com/a?apikey=s3cret'}",
        "slack://s3cret/b/c",
        "{url: 'json://s3cret'}",
        "{url: https://hooks.example.com, token: s3cret}",
        "{url: https://hooks.example.com, password: s3cret}",
        "{url: 'https://[s3cret'}",
    ],
)
def test_a_secret_in_it_is_refused_with_its_place_before_anything_could_show_it(tmp_path, item):
    with pytest.raises(UsageError) as caught:
        settings(tmp_path, item)
    assert caught.value.what.startswith(f"{tmp_path}/config.yaml:3:")
    assert "urlVariable or urlFile" in caught.value.next
    assert "s3cret" not in f"{caught.value.what}{caught.value.why}{caught.value.next}"


@pytest.mark.parametrize(
    "item",
    [
        "7", "{}", "{url: https://h, urlFile: a}", "{url: https://h, colour: red}",
        "{url: https://h, mode: odd}",
        "{url: https://h, events: []}", "{url: https://h, events: [all]}",
        "{urlVariable: [a]}", "{url: 'https://'}",
        "{url: https://h, tokenFile: a, tokenVariable: b}", "{url: 'https://h:port'}",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told_with_its_place(tmp_path, item):
    with pytest.raises(UsageError, match=r"config.yaml:3:\d+: pkgops.notify: "):
        settings(tmp_path, item)


def test_addresses_are_hidden_in_what_is_shown_of_the_configuration(tmp_path):
    shown = {name: value for name, value, _ in settings(tmp_path, "https://h/s3cret").rows()}
    assert shown["pkgops.notify"] == "(hidden)"
