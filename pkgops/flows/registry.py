"""Check that the registry answers and accepts the credentials, before anything changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkgops.errors import PreflightError
from pkgops.flows.ports import Ports
from pkgops.settings import Settings

if TYPE_CHECKING:
    from pkgops.oci import Keychain


def check(settings: Settings, ports: Ports) -> None:
    """Make sure that the registry answers and permits reading.

    A repository without a push yet is accepted.

    Raises:
        PreflightError: it does not answer, or refuses the credentials.
    """
    from pkgops import oci

    prefix = settings.required("registry.tagPrefix", "images are pushed below it")
    ref = oci.ImageRef.parse(f"{prefix}{settings.workload or 'pkgops'}")
    client = oci.RegistryClient(keychain(settings))
    try:
        client.tags(ref)
    except oci.NotFound:
        return
    except (oci.RegistryUnauthorized, oci.RegistryDenied) as error:
        raise PreflightError(
            f"the registry {ref.registry} refuses the credentials",
            why=error.why or error.what,
            next="set registry.username and PKGOPS_REGISTRY_PASSWORD, or log in with docker login",
            slug="registry-unauthorized",
        ) from error
    except oci.RegistryUnreachable as error:
        raise PreflightError(
            f"the registry {ref.registry} does not answer",
            why=error.why or error.what,
            next="check registry.tagPrefix, and the network",
            slug="registry-unreachable",
        ) from error
    ports.note(f"registry {ref.registry} answers")


def keychain(settings: Settings) -> Keychain:
    """Return the credentials for the registry: the configured user, else the docker configuration."""
    from pkgops import oci
    from pkgops.oci.auth import Fixed

    username = settings.text("registry.username")
    if not username:
        return oci.DockerConfig.load()
    return Fixed(oci.Credentials(username, settings.text("registry.password")))
