"""What is tried on a machine: each says what it saw, or raises ``Wrong`` with what was wrong."""

from __future__ import annotations

import re
import time

from docker_trials import beside, docker, dockers_package
from steps import (
    LONG,
    LONGER,
    PKGOPS,
    SITE,
    Machine,
    Trial,
    comes_up,
    configure,
    make_site,
    must,
    pods_get_out,
)

PARTS = 11
SLOW = "cd /root/slow && /root/pkgops/bin/pkgops"
DEV_SITE = "cd ~/site && sudo ~/pkgops/bin/pkgops"
# On version 2 of cgroups the first, on version 1 the second.
PROCS = "$(ls -d /sys/fs/cgroup/{,memory/}pkgops-pkgops/parts/cgroup.procs 2>/dev/null)"
# An application whose test is still at work when the machine is told to restart.
PROCFILE = r"web: exec python3 -m http.server $PORT\ntest: sleep 120\n"
AT_WORK = "local kubectl -- get pods -A -l tekton.dev/taskRun --field-selector status.phase=Running -o name"
# Everything that a cluster could leave behind, but for the cache, the packages and modules of the kernel
# (those of the legacy iptables bring empty tables).
LOOK = """
for folder in /var/lib/cni /var/lib/kubelet /var/log/containers /run/containerd /run/netns; do
  find $folder 2>/dev/null
done
find /sys/fs/cgroup -maxdepth 2 -name 'pkgops*'
tr ' ' '\\n' </sys/fs/cgroup/cgroup.subtree_control | grep -E 'hugetlb|rdma|misc'
iptables-save | grep ^-; iptables --version | grep -q legacy || iptables-save | grep ^[*]
ip -br link | cut -d' ' -f1; ip route; mount | grep pkgops
grep cri-containerd /sys/kernel/security/apparmor/profiles
sysctl net.ipv4.ip_forward vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops
find /root/.kube /root/.local/state/pkgops -mindepth 1 2>/dev/null | grep -v 'lock$'
"""


def ordinary_user(machine: Machine) -> str:
    """The one line comes at once, and nothing is installed for it."""
    done = machine.run("cd ~/pkgops && bin/pkgops up", user="dev")
    must(done.status == 3 and "next: sudo bin/pkgops up" in done.text, done.text)
    left = machine.run("ls -A ~/.cache ~/.local 2>/dev/null", user="dev").text.strip()
    must("pkgops" not in left, left)
    return "exit 3, " + done.text.splitlines()[-1]


def check(machine: Machine) -> str:
    """The check tries, loads what is missing, and filters no bridge of the machine."""
    machine.run(f"({LOOK}) >/root/before.txt 2>&1")
    done = machine.run(f"{PKGOPS} local check")
    must(done.status == 0 and "this machine can run a local cluster" in done.text, done.text)
    loaded = next((line for line in done.text.splitlines() if "loaded" in line), "no module was missing")
    settings = machine.run("cat /proc/sys/net/bridge/bridge-nf-call-*").text.split()
    must("br_netfilter" not in loaded or settings == ["0"] * 3, f"br_netfilter's settings are {settings}")
    return loaded


def service(machine: Machine) -> str:
    """A service without HOME starts the cluster, and its end does not end the parts."""
    run = "systemd-run --wait --pipe --collect -p WorkingDirectory=/root/pkgops"
    done = machine.run(f"{run} /root/pkgops/bin/pkgops local up", seconds=LONG)
    must(done.status == 0, done.text)
    return _parts_answer(machine)


def _parts_answer(machine: Machine) -> str:
    # Each has two seconds at a time, which is little where others use the processors.
    end = time.monotonic() + 60
    while len(re.findall(r"\banswers\b", shown := machine.run(f"{PKGOPS} local status").text)) != PARTS:
        must(time.monotonic() < end, shown)
    held = machine.run(f"sort -u {PROCS} | wc -l").text.strip()
    must(int(held or 0) >= PARTS, f"{held} processes are in the instance's cgroup")
    return f"{PARTS} parts answer, {held} processes in the cgroup of the instance"


def session(machine: Machine) -> str:
    """The end of the login session that repaired the cluster does not end the parts."""
    end = r"systemctl stop $(sed -nE 's,.*/(session-.*scope).*,\1,p' /proc/self/cgroup)"
    machine.run(f"{PKGOPS} local up; {end}", seconds=LONG)
    return _parts_answer(machine)


def rules(machine: Machine) -> str:
    """Rules that were flushed are put back and told."""
    machine.run("iptables -F; iptables -t nat -F")
    done = machine.run(f"{PKGOPS} local up", seconds=LONG)
    must(done.status == 0 and "network repaired: pkgops-pkgops: 5 rules" in done.text, done.text)
    return "network repaired: 5 rules"


def answer(machine: Machine) -> str:
    """The README's first line ends with an answer."""
    machine.run(f"echo 'pkgops: {{{LONGER}}}' >/root/longer.yaml")
    return comes_up(machine, f"{PKGOPS} up -f /root/longer.yaml")


def site(machine: Machine) -> str:
    """A folder that compiles nothing comes to an answer."""
    make_site(machine, "/root/site")
    return comes_up(machine, f"{SITE} up")


def again(machine: Machine) -> str:
    """What was delivered before a restart answers after it."""
    return comes_up(machine, f"{SITE} up")


def promote(machine: Machine) -> str:
    """The version that answers comes to the second environment."""
    done = machine.run(f"{SITE} promote --to apps-prod --timeout 90m", seconds=LONG)
    must(done.status == 0, done.text)
    return done.text.strip().splitlines()[-1].strip()


def clean(machine: Machine) -> str:
    """What was delivered goes, and the cluster stays."""
    done = machine.run(f"{SITE} clean --yes --timeout 30m", seconds=LONG)
    must(done.status == 0, done.text)
    return done.text.strip().splitlines()[-1].strip()


def outside(machine: Machine) -> str:
    """Names of the cluster and of the world resolve in pods, and what they name is reached."""
    return pods_get_out(machine)


def firewalld(machine: Machine) -> str:
    """firewalld takes rules away when it starts; with them back, pods get out."""
    begun = machine.run("systemctl start firewalld", seconds=LONG)
    must(begun.status == 0, begun.text)
    done = machine.run(f"{PKGOPS} local up", seconds=LONG)
    must("repaired: pkgops-pkgops" in done.text and "firewalld" in done.text, done.text)
    try:
        return pods_get_out(machine)
    finally:
        machine.run(f"systemctl stop firewalld; {PKGOPS} local up", seconds=LONG)


def ufw(machine: Machine) -> str:
    """Ufw refuses what is routed, and pods get out."""
    # The way in of the trials themselves.
    machine.run("ufw allow 22/tcp; ufw --force enable", seconds=LONG)
    try:
        return pods_get_out(machine)
    finally:
        # Its chains stay, and would be taken for somebody's who needs forwarding.
        machine.run(f"ufw disable; iptables -F; iptables -X; {PKGOPS} local up", seconds=LONG)


def resolved(machine: Machine) -> str:
    """The machine names a server on loopback only, which pods cannot reach; the real one is found."""
    setting = "sed -i 's/^#DNS=.*/DNS=10.0.2.3/' /etc/systemd/resolved.conf"
    stub = "ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf"
    machine.run(f"{setting}; systemctl enable --now systemd-resolved; {stub}", seconds=LONG)
    done = machine.run(f"{PKGOPS} local up", seconds=LONG)
    must(done.status == 0, done.text)
    return pods_get_out(machine)


def reboot(machine: Machine) -> str:
    """After a restart of the machine a pod that ran once has failed, and everything answers."""
    pod = "run once --image=$(bin/pkgops local kubectl get pods -A -o jsonpath={..image} | cut -d' ' -f1)"
    machine.run(f"{PKGOPS} local kubectl -- {pod} --restart=Never -- sleep 100000")
    machine.run(f"{PKGOPS} local kubectl wait pod/once --for=condition=Ready --timeout=20m", seconds=LONG)
    machine.reboot()
    done = machine.run(f"{PKGOPS} local up", seconds=LONG)
    must(done.status == 0 and "stopped while running: default/once: failed" in done.text, done.text)
    return _parts_answer(machine)


def working(machine: Machine) -> str:
    """A run whose test was at work when the machine was restarted goes on to its answer."""
    machine.run(f"rm -rf /root/slow; mkdir /root/slow; printf '{PROCFILE}' >/root/slow/Procfile")
    configure(machine, "/root/slow")
    machine.run(f"systemd-run --unit=slow -p WorkingDirectory=/root/slow {SLOW.split()[-1]} up")
    look = f"while systemctl -q is-active slow && sleep 10; do ({PKGOPS} {AT_WORK}) | grep pod/ && exit; done"
    found = machine.run(look, seconds=LONG)
    must("pod/" in found.text, machine.run("journalctl --no-pager -u slow").text)
    machine.reboot()
    done = machine.run(f"{PKGOPS} local up", seconds=LONG)
    must(done.status == 0 and "starts it anew" in done.text, done.text)
    return comes_up(machine, f"{SLOW} up")


def down(machine: Machine) -> str:
    """Nothing is left behind."""
    done = machine.run(f"{PKGOPS} local down", seconds=LONG)
    must(done.status == 0, done.text)
    machine.run(f"({LOOK}) >/root/after.txt 2>&1")
    left = machine.run("diff /root/before.txt /root/after.txt | grep '^[<>]'").text.strip()
    must(not left, left)
    return next(
        (line.strip() for line in done.text.splitlines() if "stays on the machine" in line), "nothing"
    )


def sudo(machine: Machine) -> str:
    """Root brings an ordinary user's folder to an answer and leaves nothing of its own in that home."""
    make_site(machine, "/home/dev/site")
    machine.run("chown -R dev: /home/dev/site")
    seen = comes_up(machine, f"{DEV_SITE} up", user="dev")
    owned = machine.run("find /home/dev -user root").text.strip()
    must(not owned, owned)
    return f"{seen}; nothing in the home folder belongs to root"


def memory(machine: Machine) -> str:
    """The kernel ended nothing for want of memory."""
    killed = machine.run(
        "journalctl --no-pager _TRANSPORT=kernel | grep -iE 'out of memory|oom-kill'"
    ).text.strip()
    must(not killed, killed)
    return machine.run("free -m | awk '/^Mem/ {print $2 \" MiB of memory\"}'").text.strip()


TRIALS = [
    Trial("ordinary-user", "an ordinary user runs `up`", ordinary_user),
    Trial("check", "`local check` on the stock kernel", check),
    Trial("service", "`local up` as a service without HOME, which ends", service),
    Trial("session", "`local up`, then the end of the login session", session),
    Trial("rules", "all rules flushed, then `local up`", rules),
    Trial("site", "`up` in the folder of a static site to HTTP 200", site),
    Trial("promote", "`promote --to apps-prod` of it", promote),
    Trial("answer", "`up` to HTTP 200", answer, compiles=True),
    Trial("outside", "a pod that reads from an outside server", outside),
    Trial("ufw", "the same with ufw enabled", ufw),
    Trial("firewalld", "the same with firewalld started", firewalld),
    Trial("resolved", "the same with systemd-resolved's server on loopback only", resolved),
    Trial("reboot", "a restart of the machine with a pod that runs once", reboot),
    Trial("again", "`up` in the folder of the static site after the restart", again),
    Trial("working", "a restart while the test pod of a run works, then `up` to HTTP 200", working),
    Trial("clean", "`clean` of it", clean),
    Trial("down", "`local down` leaves nothing", down),
    Trial("sudo", "`sudo bin/pkgops up` in a user's folder to HTTP 200", sudo),
    Trial("docker", "Docker started while the cluster runs, then `local down`", docker),
    Trial("beside", "Docker before, during and after `up` to HTTP 200", beside),
    Trial(
        "dockers-package", "the same with one package for containerd and runc, as Docker's", dockers_package
    ),
    Trial("memory", "nothing was ended for want of memory", memory),
]
