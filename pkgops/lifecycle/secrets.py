"""The mounted credentials of registries and Git servers, selected by kpack's arguments."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from pathlib import Path

from pkgops.oci.auth import Credentials, DockerConfig

MOUNTS = Path("/var/build-secrets")


def read_secrets(arguments: Sequence[str], mounts: Path = MOUNTS) -> DockerConfig:
    """Return the credentials of all secrets that the arguments name.

    Raises:
        UsageError: a secret contains no docker configuration.
    """
    config = DockerConfig()
    for argument in arguments:
        flag, _, value = argument.partition("=")
        config = config.merged(_read(flag.lstrip("-"), value, mounts))
    return config


def _read(flag: str, value: str, mounts: Path) -> DockerConfig:
    files = {"dockerconfig": ".dockerconfigjson", "dockercfg": ".dockercfg"}
    if flag in files:
        path = mounts / value / files[flag]
        config = DockerConfig.from_json(path.read_bytes(), f"secret {value}")
        for server in config.auths:
            print(f'Loading secret for "{server}" from secret "{value}" at location "{path.parent}"')
        return config
    if flag == "basic-docker":
        name, _, server = value.partition("=")
        folder = mounts / name
        print(f'Loading secret for "{server}" from secret "{name}" at location "{folder}"')
        username, password = (folder / "username").read_text(), (folder / "password").read_text()
        return DockerConfig({server: Credentials(username, password)})
    return DockerConfig()


def git_environment(arguments: Sequence[str], mounts: Path = MOUNTS) -> dict[str, str]:
    """Return variables that configure ``git`` with the ``-basic-git=`` Secrets, each for its own server only.

    Other users can read the arguments of a process, but not its environment.
    """
    headers: dict[str, str] = {}
    for argument in sorted(arguments):
        flag, _, value = argument.partition("=")
        name, _, server = value.partition("=")
        if flag.lstrip("-") != "basic-git":
            continue
        print(f'Loading secrets for "{server}" from secret "{name}" at location "{mounts / name}"')
        credentials = Credentials(*((mounts / name / key).read_text() for key in ("username", "password")))
        host = server.removeprefix("https://").removeprefix("http://").removeprefix("git@")
        for scheme in ("http", "https"):
            headers.setdefault(
                f"http.{scheme}://{host}/.extraHeader", f"Authorization: Basic {_encode(credentials)}"
            )
    variables = {"GIT_CONFIG_COUNT": str(len(headers)), "GIT_TERMINAL_PROMPT": "0"}
    for index, (key, value) in enumerate(headers.items()):
        variables |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return variables


def write_config(config: DockerConfig, home: Path) -> None:
    """Write the credentials for the later phases, readable by their user only."""
    folder = home / ".docker"
    folder.mkdir(parents=True, exist_ok=True)
    auths = {server: {"auth": _encode(credentials)} for server, credentials in config.auths.items()}
    handle = os.open(folder / "config.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump({"auths": auths}, file)


def _encode(credentials: Credentials) -> str:
    return base64.b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()
