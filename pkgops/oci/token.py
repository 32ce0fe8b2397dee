"""The two authentication schemes of registries: Basic, and a Bearer token from a realm."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import urlencode

import urllib3

from pkgops.oci.auth import Credentials
from pkgops.oci.errors import RegistryUnauthorized, answer_error

_PARAMETER = re.compile(r'([a-zA-Z_]+)=(?:"([^"]*)"|([^\s,"]+))')


@dataclass(frozen=True, slots=True)
class Challenge:
    """A ``WWW-Authenticate`` header: its scheme (lower case) and parameters."""

    scheme: str
    parameters: dict[str, str]

    @classmethod
    def parse(cls, header: str) -> Challenge:
        """Return the parsed header; an empty one has an empty scheme."""
        scheme, _, rest = header.strip().partition(" ")
        found = {key.lower(): quoted or bare for key, quoted, bare in _PARAMETER.findall(rest)}
        return cls(scheme.lower(), found)


def authorization(
    pool: urllib3.PoolManager, challenge: Challenge, scope: str, credentials: Credentials | None
) -> str:
    """Return the ``Authorization`` header for a challenge; empty where none is possible.

    Raises:
        RegistryUnauthorized: the realm refuses the credentials.
    """
    if credentials and credentials.registry_token:
        return f"Bearer {credentials.registry_token}"
    if challenge.scheme == "basic":
        return credentials.basic() if credentials else ""
    if challenge.scheme != "bearer" or "realm" not in challenge.parameters:
        return ""
    return "Bearer " + _token(pool, challenge, scope, credentials)


def _token(
    pool: urllib3.PoolManager, challenge: Challenge, scope: str, credentials: Credentials | None
) -> str:
    realm = challenge.parameters["realm"]
    query = {"scope": challenge.parameters.get("scope") or scope}
    if "service" in challenge.parameters:
        query["service"] = challenge.parameters["service"]
    if credentials and credentials.identity_token:
        query |= {"grant_type": "refresh_token", "refresh_token": credentials.identity_token}
        query |= {"client_id": "pkgops"}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        response = pool.request("POST", realm, body=urlencode(query), headers=headers)
    else:
        headers = {"Authorization": credentials.basic()} if credentials and credentials.username else {}
        response = pool.request("GET", f"{realm}?{urlencode(query)}", headers=headers)
    if response.status != 200:
        raise answer_error("GET", realm, response.status, response.data)
    answer = json.loads(response.data)
    token = answer.get("token") or answer.get("access_token")
    if not token:
        raise RegistryUnauthorized(f"GET {realm}: the answer has no token", status=401)
    return str(token)
