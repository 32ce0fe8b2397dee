"""Tables of nf_tables on the machine, listed and deleted without the program ``nft``.

Debian's iptables makes the tables ``ip filter`` and ``ip nat`` with its first rule, and keeps them when
the last rule is removed; the program that could remove them need not be installed.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

from pkgops import tools

_PROTOCOL = 12
_SUBSYSTEM = 10
_NEW_TABLE, _GET_TABLE, _DELETE_TABLE = (_SUBSYSTEM << 8 | number for number in (0, 1, 2))
_BATCH_BEGIN, _BATCH_END = 0x10, 0x11
_ERROR, _DONE = 2, 3
_REQUEST, _ACK, _DUMP = 0x1, 0x4, 0x300
_IPV4 = 2
_NAME = 1
_HEADER = struct.Struct("=IHHII")


def tables() -> frozenset[str]:
    """Return the names of the IPv4 tables; empty where the kernel has no nf_tables."""
    try:
        with _open() as link:
            link.send(_message(_GET_TABLE, _REQUEST | _DUMP, _generic(_IPV4, 0)))
            return frozenset(_names(link))
    except OSError:
        return frozenset()


def remove_empty(name: str) -> bool:
    """Delete a table of iptables that has no rule, no own chain and no policy; return whether it did."""
    listed = tools.run("iptables", "-w", "-t", name, "-S", ok=range(256))
    lines = listed.stdout.splitlines()
    if listed.status or not all(line.startswith("-P ") and line.endswith(" ACCEPT") for line in lines):
        return False
    body = _generic(_IPV4, 0) + _attribute(_NAME, name.encode() + b"\0")
    batch = _generic(0, socket.htons(_SUBSYSTEM))
    with _open() as link:
        link.send(
            _message(_BATCH_BEGIN, _REQUEST, batch)
            + _message(_DELETE_TABLE, _REQUEST | _ACK, body)
            + _message(_BATCH_END, _REQUEST, batch)
        )
        return all(struct.unpack_from("=i", one)[0] == 0 for kind, one in _received(link) if kind == _ERROR)


def _open() -> socket.socket:
    link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _PROTOCOL)
    link.settimeout(5.0)
    link.bind((0, 0))
    return link


def _message(kind: int, flags: int, body: bytes) -> bytes:
    return _HEADER.pack(_HEADER.size + len(body), kind, flags, 1, 0) + body


def _generic(family: int, resource: int) -> bytes:
    return struct.pack("=BBH", family, 0, resource)


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def _names(link: socket.socket) -> Iterator[str]:
    while True:
        for kind, body in _received(link):
            if kind in (_DONE, _ERROR):
                return
            yield _name(body[4:])


def _name(attributes: bytes) -> str:
    while len(attributes) >= 4:
        length, kind = struct.unpack_from("=HH", attributes)
        if kind == _NAME:
            return attributes[4:length].rstrip(b"\0").decode(errors="replace")
        attributes = attributes[length + (-length % 4) :]
    return ""


def _received(link: socket.socket) -> list[tuple[int, bytes]]:
    """Return the messages of one packet, as kinds and bodies."""
    data = link.recv(65536)
    found = []
    while len(data) >= _HEADER.size:
        length, kind, _flags, _sequence, _port = _HEADER.unpack_from(data)
        found.append((kind, data[_HEADER.size : length]))
        data = data[length + (-length % 4) :]
    return found
