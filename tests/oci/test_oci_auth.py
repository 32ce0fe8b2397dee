import base64
import json

import pytest

from pkgops.errors import UsageError
from pkgops.oci import ANONYMOUS, Credentials, DockerConfig, ImageRef
from pkgops.oci.auth import Fixed
from pkgops.oci.environ import keychain


def config(**auths: str) -> DockerConfig:
    entries = {
        server: {"auth": base64.b64encode(f"{user}:pw".encode()).decode()} for server, user in auths.items()
    }
    return DockerConfig.from_json(json.dumps({"auths": entries}), "config.json")


def user(chain: DockerConfig, image: str) -> str:
    found = chain.find(ImageRef.parse(image))
    return found.username if found else ""


@pytest.mark.parametrize("server", ["https://index.docker.io/v1/", "docker.io", "index.docker.io"])
def test_docker_hub_is_found_however_it_is_written(server: str) -> None:
    assert user(config(**{server: "ada"}), "you/app") == "ada"


def test_the_longest_path_wins() -> None:
    chain = config(**{"r.io": "all", "https://r.io/team": "team", "r.io/team/app": "app"})
    assert user(chain, "r.io/other/app") == "all"
    assert user(chain, "r.io/team/x") == "team"
    assert user(chain, "r.io/team/app/sub") == "app"
    assert user(chain, "r.iox/team") == ""


def test_passwords_may_be_written_out_and_have_colons() -> None:
    chain = DockerConfig.from_json('{"auths":{"r.io":{"username":"ada","password":"a:b"}}}', "x")
    assert chain.find(ImageRef.parse("r.io/app")) == Credentials("ada", "a:b")


def test_the_old_form_has_no_auths() -> None:
    assert user(DockerConfig.from_json('{"r.io":{"username":"ada"}}', "x"), "r.io/app") == "ada"


@pytest.mark.parametrize("text", ["nonsense", "[]", '{"auths":{"r.io":{"auth":"%%%"}}}', '{"auths": 3}'])
def test_a_broken_file_is_named_and_not_shown(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        DockerConfig.from_json(text, "secret default/registry")
    assert "secret default/registry" in caught.value.what
    assert text not in caught.value.what + caught.value.why


def test_no_secret_is_in_a_repr() -> None:
    assert "pw" not in repr(config(**{"r.io": "ada"})) + repr(
        Fixed(Credentials("ada", "pw", "tok-pw", "id-pw"))
    )


def test_imgpkgs_environment_comes_before_docker(tmp_path: object) -> None:
    environ = {
        "DOCKER_CONFIG": str(tmp_path),
        "IMGPKG_USERNAME": "everywhere",
        "IMGPKG_REGISTRY_HOSTNAME_0": "r.io",
        "IMGPKG_REGISTRY_USERNAME_0": "ada",
    }
    chain = keychain(environ, "IMGPKG")
    assert [chain.find(ImageRef.parse(one)).username for one in ("r.io/app", "q.io/app")] == [
        "ada",
        "everywhere",
    ]
    assert keychain({**environ, "IMGPKG_ANON": "true"}, "IMGPKG") is ANONYMOUS
