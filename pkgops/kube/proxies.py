"""Which proxy a server is reached through, by the rules of Go's HTTP client, and how to connect through it.

Go takes ``HTTPS_PROXY``, ``HTTP_PROXY`` and ``NO_PROXY`` (and their lower case) from the environment, and
never a proxy for this machine itself; the ``proxy-url`` of a kubeconfig counts for every server.
"""

from __future__ import annotations

import base64
import socket
import ssl
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast
from urllib.parse import SplitResult, unquote, urlsplit

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

SCHEMES = ("http", "https", "socks5", "socks5h")
LONGEST_ANSWER = 16384
_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


def from_environment(server: str, environ: Mapping[str, str]) -> str:
    """Return the URL of the proxy that the environment names for a server; empty for none."""
    parts = urlsplit(server)
    name = "HTTPS_PROXY" if parts.scheme == "https" else "HTTP_PROXY"
    proxy = environ.get(name) or environ.get(name.lower()) or ""
    excluded = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or _PORTS.get(parts.scheme, 0)
    if not proxy or _is_here(host) or _is_excluded(host, port, excluded):
        return ""
    return proxy if urlsplit(proxy).scheme in SCHEMES else f"http://{proxy}"


def _is_here(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    from ipaddress import ip_address

    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        return None


def _is_excluded(host: str, port: int, excluded: str) -> bool:
    return any(_matches(host, port, entry.strip().lower()) for entry in excluded.split(","))


def _matches(host: str, port: int, entry: str) -> bool:
    if entry == "*":
        return True
    address = _address(host)
    if "/" in entry:
        from ipaddress import ip_network

        try:
            return address is not None and address in ip_network(entry, strict=False)
        except ValueError:
            return False
    name, wanted = _host_and_port(entry)
    if not name or (wanted and wanted != str(port)):
        return False
    if address is not None or _address(name) is not None:
        return address == _address(name)
    name = name.removeprefix("*")
    if name.startswith("."):
        return host.endswith(name)
    return host == name or host.endswith(f".{name}")


def _host_and_port(entry: str) -> tuple[str, str]:
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return name, rest.removeprefix(":")
    if entry.count(":") > 1:
        return entry, ""
    name, _, port = entry.partition(":")
    return name, port


def port_of(proxy: SplitResult) -> int:
    """Return a proxy's port."""
    return proxy.port or _PORTS[proxy.scheme]


def authorization(proxy: SplitResult) -> dict[str, str]:
    """Return the header with the credentials in a proxy's URL; none where it has none."""
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def socks_connect(proxy: SplitResult, host: str, port: int, timeout: float) -> socket.socket:
    """Return a connection to a host through a SOCKS5 proxy (RFC 1928, RFC 1929), which resolves its name.

    Raises:
        OSError: the proxy cannot be reached, or it refuses.
    """
    made = socket.create_connection((proxy.hostname or "", port_of(proxy)), timeout)
    try:
        _greet(made, proxy)
        name = host.encode("idna")
        made.sendall(b"\x05\x01\x00" + _destination(host, name) + struct.pack(">H", port))
        version, reply, _, kind = _receive(made, 4)
        if version != 5 or reply:
            raise OSError(f"the SOCKS proxy {proxy.hostname}:{port_of(proxy)} refuses (reply {reply})")
        length = {1: 4, 4: 16}.get(kind) or _receive(made, 1)[0]
        _receive(made, length + 2)
    except BaseException:
        made.close()
        raise
    return made


def _destination(host: str, name: bytes) -> bytes:
    address = _address(host)
    if address is not None:
        return (b"\x01" if address.version == 4 else b"\x04") + address.packed
    return b"\x03" + bytes([len(name)]) + name


def _greet(made: socket.socket, proxy: SplitResult) -> None:
    methods = b"\x00\x02" if proxy.username is not None else b"\x00"
    made.sendall(b"\x05" + bytes([len(methods)]) + methods)
    _, chosen = _receive(made, 2)
    if chosen == 2 and proxy.username is not None:
        user, password = (unquote(text).encode() for text in (proxy.username, proxy.password or ""))
        made.sendall(b"\x01" + bytes([len(user)]) + user + bytes([len(password)]) + password)
        if _receive(made, 2)[1]:
            raise OSError("the SOCKS proxy does not accept the credentials of its URL")
    elif chosen:
        raise OSError("the SOCKS proxy requires another authentication method")


def _receive(made: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = made.recv(count - len(found))
        if not more:
            raise OSError("the SOCKS proxy closed the connection")
        found += more
    return found


def tls_in_tls(made: ssl.SSLSocket, tls: ssl.SSLContext, server_name: str) -> ssl.SSLSocket:
    """Return a TLS connection to a server inside of a TLS connection to the proxy."""
    from urllib3.util.ssltransport import SSLTransport

    return cast("ssl.SSLSocket", SSLTransport(made, tls, server_hostname=server_name))


def shown(url: str) -> str:
    """Return a proxy's URL without its credentials."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def tunnel(made: socket.socket, proxy: SplitResult, host: str, port: int) -> None:
    """Request a tunnel from an HTTP proxy over a connection to it (CONNECT).

    Raises:
        OSError: it refuses.
    """
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    headers = {"Host": place, "User-Agent": "pkgops", **authorization(proxy)}
    lines = [f"CONNECT {place} HTTP/1.1", *(f"{key}: {value}" for key, value in headers.items())]
    made.sendall("\r\n".join([*lines, "", ""]).encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        more = made.recv(1)
        if not more or len(answer) > LONGEST_ANSWER:
            raise OSError(f"the proxy {proxy.hostname}:{port_of(proxy)} does not answer")
        answer += more
    status = answer.split(b"\r\n", 1)[0].decode(errors="replace")
    if status.split(" ")[1:2] != ["200"]:
        raise OSError(f"the proxy {proxy.hostname}:{port_of(proxy)} refuses the tunnel: {status}")
