"""firewalld, where it runs: it refuses packets that a zone does not allow, regardless of iptables' own rules.

The instance's link is added to the zone that allows everything, in the runtime configuration: nothing is
written to the permanent one. Access to pods is still decided by the rules of ``network``.
"""

from __future__ import annotations

from pkgops import tools

PROGRAM = "firewall-cmd"
ZONE = "trusted"
_YES = 0
_NO = 1


def add_link(link: str) -> bool:
    """Add a link to the zone; return whether firewalld runs and the link was not in it."""
    if _ask(f"--zone={ZONE}", f"--query-interface={link}") != _NO:
        return False
    # It may be in another zone: NetworkManager and users add links to the default one.
    tools.run(PROGRAM, f"--zone={ZONE}", f"--change-interface={link}")
    return True


def remove_link(link: str) -> None:
    """Remove a link from the zone, which still lists it after the link was deleted."""
    if _ask(f"--zone={ZONE}", f"--query-interface={link}") == _YES:
        tools.run(PROGRAM, f"--zone={ZONE}", f"--remove-interface={link}")


def _ask(*words: str) -> int | None:
    """Return firewall-cmd's exit status; None where it is not installed. Above 1: firewalld does not run."""
    if tools.find(PROGRAM) is None:
        return None
    return tools.run(PROGRAM, *words, ok=range(256)).status
