"""firewalld, where it runs: it refuses what a zone does not allow, in spite of iptables' own rules.

The instance's link is put into the zone that allows everything, for as long as firewalld runs: nothing is
written to its permanent settings. Who may send to pods is still decided by the rules of ``network``.
"""

from __future__ import annotations

from pkgops import tools

PROGRAM = "firewall-cmd"
ZONE = "trusted"
_YES = 0
_NO = 1


def trust(link: str) -> bool:
    """Let firewalld pass what comes from a link; return whether it did not before, and runs."""
    if _ask(f"--zone={ZONE}", f"--query-interface={link}") != _NO:
        return False
    # It may be in another zone: the default one takes every link that NetworkManager or a person adds.
    tools.run(PROGRAM, f"--zone={ZONE}", f"--change-interface={link}")
    return True


def forget(link: str) -> None:
    """Take the link out of the zone; it stays listed there after it is gone."""
    if _ask(f"--zone={ZONE}", f"--query-interface={link}") == _YES:
        tools.run(PROGRAM, f"--zone={ZONE}", f"--remove-interface={link}")


def _ask(*words: str) -> int | None:
    """Return the answer of firewalld; None where it is not installed. Any other status: it does not run."""
    if tools.find(PROGRAM) is None:
        return None
    return tools.run(PROGRAM, *words, ok=range(256)).status
