"""``@ytt:ip``."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from pkgops.ytt.modules.support import Args, Kwargs, ModuleContext, builtin, module, one, text
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.values import Opaque

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_PREFIX = re.compile(r"[0-9]{1,3}")


def make(name: str, context: ModuleContext) -> dict[str, Any]:
    """Return the module."""
    return module(name, {"parse_addr": _parse_addr, "parse_cidr": _parse_cidr})


def _none(args: Args) -> None:
    if args:
        raise StarlarkError("expected no argument")


def _address(given: str) -> _Address | None:
    """Parse an address as Go does: no zones, an IPv4 address in IPv6 form is an IPv4 address."""
    try:
        parsed = ipaddress.ip_address(given)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.scope_id is not None:
            return None
        return parsed.ipv4_mapped or parsed
    return parsed


def _constant(name: str, value: Any) -> Any:
    def run(args: Args, kwargs: Kwargs) -> Any:
        _none(args)
        return value

    return builtin(name, run)


def _address_value(address: _Address) -> Opaque:
    shown = str(address)
    members = {
        "is_ipv4": _constant("ip.addr.is_ipv4", address.version == 4),
        "is_ipv6": _constant("ip.addr.is_ipv6", address.version == 6),
        "string": _constant("ip.addr.string", shown),
    }
    return Opaque("@ytt:ip.addr", members, address, "struct(...)")


def _parse_addr(args: Args, kwargs: Kwargs) -> Opaque:
    given = text(one(args))
    address = _address(given)
    if address is None:
        raise StarlarkError(f"invalid IP address: {given}")
    return _address_value(address)


def _parse_cidr(args: Args, kwargs: Kwargs) -> tuple[Opaque, Opaque]:
    given = text(one(args))
    head, slash, prefix = given.partition("/")
    address = _address(head)
    valid = bool(slash) and address is not None and _PREFIX.fullmatch(prefix) is not None
    if not valid or address is None or int(prefix) > address.max_prefixlen:
        raise StarlarkError(f"invalid CIDR address: {given}")
    network = ipaddress.ip_network((address, int(prefix)), strict=False)
    members = {
        "addr": _constant("ip.net.addr", _address_value(network.network_address)),
        "string": _constant("ip.net.string", str(network)),
    }
    return _address_value(address), Opaque("@ytt:ip.net", members, network, "struct(...)")
