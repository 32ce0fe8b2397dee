"""The instance's network: a namespace, a pair of links, two bridges, routes and rules.

Everything except one route, one link and a few rules is inside the namespace and is removed with it.
The service range has an empty bridge of its own: without a route, the kernel would refuse a
connection to a Service before kube-proxy's rules could redirect it; with only the default route,
a packet that no rule matches would leave the machine.
"""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

from pkgops import tools
from pkgops.local import firewalld
from pkgops.local.instance import SERVICE_RANGE, Instance

BRIDGE = "cni0"
SERVICE_BRIDGE = "services0"
UPLINK = "uplink0"
_INSIDE = ("net/ipv4/ip_forward", "net/bridge/bridge-nf-call-iptables")


def enter(instance: Instance) -> tuple[str, ...]:
    """Return the prefix of a command line that runs it inside the instance's network.

    ``ip netns exec`` would also remount ``/sys`` and hide the cgroups.
    """
    return ("nsenter", f"--net={instance.netns}", "--")


def ensure(instance: Instance) -> list[str]:
    """Create the missing parts of the network, and return them as text."""
    made = [] if instance.netns.exists() else ["namespace"]
    made += [] if _link_exists(instance) else ["link"]
    if not instance.netns.exists():
        tools.run("ip", "netns", "add", instance.owner)
    _batch(_outside(instance))
    _batch(_inside(instance), instance)
    _switch_on(instance)
    missing = rules(instance, present=True)
    made += [f"{missing} rule{'s' if missing > 1 else ''}"] if missing else []
    return [*made, f"firewalld's zone {firewalld.ZONE}"] if firewalld.add_link(instance.link) else made


def remove(instance: Instance) -> None:
    """Remove rules, zone, route, link and namespace, as far as they exist."""
    rules(instance, present=False)
    firewalld.remove_link(instance.link)
    if _link_exists(instance):
        tools.run("ip", "link", "delete", instance.link)
    if instance.netns.exists():
        tools.run("ip", "netns", "delete", instance.owner)


def taken(instance: Instance) -> bool:
    """Return whether this machine already uses the link, the namespace or the ranges of an instance."""
    if _link_exists(instance) or instance.netns.exists():
        return True
    return any(_overlaps(network, instance) for network in routes())


def routes() -> list[ipaddress.IPv4Network]:
    """Return the destinations of this machine's routes, the default route left out."""
    listed = json.loads(tools.run("ip", "-4", "-json", "route", "show", "table", "all").stdout or "[]")
    found = (str(route.get("dst", "default")) for route in listed)
    return [ipaddress.ip_network(dst, strict=False) for dst in found if dst[:1].isdigit()]  # type: ignore[misc]


def rules(instance: Instance, *, present: bool) -> int:
    """Add or remove the machine's rules for packets of the instance's pods and their replies.

    Rules are recognised by their comment, the instance's owner name. Returns how many were changed.
    """
    changed = 0
    for table, chain, rule in _rules(instance):
        known = _has_rule(table, chain, rule)
        if present and not known:
            tools.run("iptables", "-w", "-t", table, "-I", chain, *rule)
        elif not present and known:
            tools.run("iptables", "-w", "-t", table, "-D", chain, *rule)
        changed += present is not known
    return changed


def rules_present(instance: Instance) -> bool:
    """Return whether any of the instance's rules exists."""
    return any(_has_rule(*one) for one in _rules(instance))


def _has_rule(table: str, chain: str, rule: tuple[str, ...]) -> bool:
    return tools.run("iptables", "-w", "-t", table, "-C", chain, *rule, ok=(0, 1, 2)).status == 0


def _rules(instance: Instance) -> list[tuple[str, str, tuple[str, ...]]]:
    comment = ("-m", "comment", "--comment", instance.owner)
    link = instance.link
    answers = ("-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED")
    out = [
        ("nat", "POSTROUTING", ("-s", source, "!", "-o", link, *comment, "-j", "MASQUERADE"))
        for source in (instance.pod_range, instance.link_range)
    ]
    # Inserted one before the other: the last one is matched first.
    return [
        *out,
        ("filter", "FORWARD", ("-o", link, *comment, "-j", "DROP")),
        ("filter", "FORWARD", ("-o", link, *answers, *comment, "-j", "ACCEPT")),
        ("filter", "FORWARD", ("-i", link, *comment, "-j", "ACCEPT")),
    ]


def mtu() -> int:
    """Return the largest packet of the device of the default route; 1500 where there is none."""
    listed = json.loads(tools.run("ip", "-4", "-json", "route", "show", "default").stdout or "[]")
    for route in listed:
        path = Path("/sys/class/net") / str(route.get("dev")) / "mtu"
        if path.exists():
            return int(path.read_text())
    return 1500


def _overlaps(network: ipaddress.IPv4Network, instance: Instance) -> bool:
    ours = (ipaddress.IPv4Network(instance.pod_range), ipaddress.IPv4Network(instance.link_range))
    return any(network.overlaps(one) for one in ours)


def _link_exists(instance: Instance) -> bool:
    return (Path("/sys/class/net") / instance.link).exists()


def _outside(instance: Instance) -> list[str]:
    size = mtu()
    create = (
        f"link add {instance.link} mtu {size} type veth peer name {UPLINK} mtu {size} netns {instance.owner}"
    )
    return [
        *([] if _link_exists(instance) else [create]),
        f"address replace {instance.outside_address}/30 dev {instance.link}",
        f"link set {instance.link} up",
        f"route replace {instance.pod_range} via {instance.inside_address} onlink dev {instance.link}",
    ]


def _inside(instance: Instance) -> list[str]:
    shown = tools.run("ip", "-n", instance.owner, "-json", "link", "show").stdout
    names = {link["ifname"] for link in json.loads(shown)}
    bridges = [f"link add {name} type bridge" for name in (BRIDGE, SERVICE_BRIDGE) if name not in names]
    return [
        "link set lo up",
        *bridges,
        f"address replace {instance.inside_address}/30 dev {UPLINK}",
        f"link set {UPLINK} up",
        f"route replace default via {instance.outside_address}",
        # By default, a bridge has the lowest address of its ports and changes it with the pods; a pod with
        # the old one in its ARP table would reach no host for half a minute.
        f"link set {BRIDGE} address {_hardware(instance)}",
        f"address replace {instance.address}/24 dev {BRIDGE}",
        f"link set {BRIDGE} up",
        f"link set {SERVICE_BRIDGE} up",
        f"route replace {SERVICE_RANGE} dev {SERVICE_BRIDGE}",
    ]


def _hardware(instance: Instance) -> str:
    """Return the bridge's hardware address: locally administered, made of its IP address."""
    return ":".join(f"{byte:02x}" for byte in (0x0A, 0x58, *ipaddress.IPv4Address(instance.address).packed))


def _batch(lines: list[str], inside: Instance | None = None) -> None:
    where = ("-n", inside.owner) if inside else ()
    tools.run("ip", *where, "-batch", "-", stdin="\n".join(lines) + "\n")


def _switch_on(instance: Instance) -> None:
    script = " && ".join(f"echo 1 > /proc/sys/{name}" for name in _INSIDE)
    tools.run(*enter(instance), "sh", "-c", script)
