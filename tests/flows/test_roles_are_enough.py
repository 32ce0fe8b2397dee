"""Users with exactly the Roles that ``doctor --rbac`` prints: their commands lack no right, and use each.

What a command asked of the server is known from the server. So every right of a Role is one that a command
asked for, and every right that a command asked for in vain is one that its purpose does not need.
"""

from __future__ import annotations

import threading

import pytest
import verify_kit
from recorded_promotion import NAME, OTHER, VERSION, promotable, publish, rollable
from registry_fixtures import registry

from pkgops.formats import yaml

pytestmark = pytest.mark.slow

__all__ = ["registry"]

HEALTHY = ("fourth-run", 200.0)
GIT = {"url": "https://git.example.com/demo/hello-go.git"}
READING = [
    ("status", "--exit-code"),
    ("why",),
    ("trace",),
    ("history",),
    ("timeline",),
    ("report",),
    ("logs",),
    ("wait", "--timeout", "20s"),
]
WORKING = [("fourth-run", 19.5), ("fourth-run", 72.6), ("fourth-run", 114.0)]
"""Moments at which a run or a Revision tells a stage: of both environments, a build and a test."""
CARTO = "carto.run/v1alpha1"
OWNERS = (("Deliverable", "apps-dev", "hello-go-from-pkg"), ("Workload", "default", NAME))

UNSEEN = {
    ("get", "apps", "deployments"): "a Deployment is read again where it tells why something does not serve",
    ("create", "", "pods/portforward"): "servers from Kubernetes 1.35 on ask for it besides get",
}
"""Rights that no command here asks for, by verb, group and resource, and what asks for them."""


class Purpose:
    """Jane with the Roles of a purpose as an administrator printed them, and what she asked for."""

    def __init__(self, commands, purpose):
        self.commands, self.rights, self.asked = commands, set(), set()
        printed = commands("doctor", "--rbac", purpose, "--user", "jane")
        assert printed.code == 0, printed
        for obj in yaml.parse_all(printed.out, "roles"):
            space = obj["metadata"].get("namespace", "")
            for rule in obj.get("rules") or ():
                self.rights |= {
                    (verb, group, resource, space)
                    for verb in rule["verbs"]
                    for group in rule["apiGroups"]
                    for resource in rule["resources"]
                }
        for verb, group, resource, space in self.rights:
            rule = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
            commands.api.bind("jane", [rule], space)

    def __call__(self, *words):
        ended = self.commands(*words, user="jane")
        self.asked |= self.commands.api.used.pop("jane", set())
        return ended

    def done(self, *words, code=0):
        ended = self(*words)
        assert ended.code == code, (words, ended)
        return ended

    def looks_while_it_works(self):
        """See what is read again, which is what tells a stage then; in time order, since objects stay."""
        for moment in WORKING:
            self.commands.play(*moment)
            self("wait", "--timeout", "0.2s")

    @property
    def unused(self):
        return {right for right in self.rights - self.asked if right[:3] not in UNSEEN}

    @property
    def refused(self):
        """What was asked in vain; without lists of the whole cluster, which are only tried."""
        return {right for right in self.asked - self.rights if right[3] or right[0] != "list"}


@pytest.fixture
def as_printed(commands, registry, tmp_path):
    """Gives jane the Roles of a purpose; environments may have values of their own."""
    publish(registry, tmp_path / "bundles", lambda version: {"config/all.yml": f"version: {version}\n"})

    def begin(purpose, **settings):
        commands.configure(registry, git=GIT, pkgops={"releases": {"keep": 1}, **settings})
        return Purpose(commands, purpose)

    return begin


def lacks_nothing(ended):
    text = " ".join((ended.out + ended.err).split())
    assert "may not" not in text, ended
    assert "not permitted" not in text, ended
    assert "unknown: " not in text, ended


def test_who_watches_is_told_what_an_administrator_is_told(as_printed):
    jane = as_printed("watch")
    jane.looks_while_it_works()
    jane.commands.play(*HEALTHY)
    for argv in READING:
        whole, ended = jane.commands(*argv), jane(*argv)
        lacks_nothing(ended)
        assert ended.code == whole.code, (argv, ended)
    assert not jane.commands.changed()
    assert not jane.unused
    # Whether a promotion would pass is beside what is watched: the application itself is not asked.
    assert jane.refused == {
        ("get", "", "namespaces", "apps-prod"),
        ("get", "", "pods/portforward", "apps-dev"),
    }


def observing(api):
    """Let Cartographer see each change of an owner and of a blueprint, and change nothing below it."""
    kinds = ("Workload", "Deliverable", "ClusterSupplyChain", "ClusterDelivery")

    def write():
        with api.objects.lock:
            for served in (api.of(CARTO, kind) for kind in kinds):
                for live in api.objects.all(served):
                    status, generation = live.get("status") or {}, live["metadata"]["generation"]
                    if status.get("observedGeneration") != generation:
                        live["status"] = {**status, "observedGeneration": generation}
                        api.objects.write(served, live)

    def look(_type, obj):
        if obj["kind"] in kinds:
            threading.Thread(target=write, daemon=True).start()

    write()
    api.objects.on_change.append(look)


OF_TEMPLATES = {"namespaces", "secrets", "serviceaccounts", "rolebindings", "tasks"}
"""What ``up`` looks at to know whether the templates would have to change, as far as it may."""


def test_who_delivers_may_submit_roll_back_start_again_and_verify(as_printed):
    places = [
        {
            "name": "apps-dev",
            "verify": [{"http": "/"}, {"task": "smoke"}, {"task": "slow", "deadline": "0.1s"}],
        }
    ]
    places += [{"name": "apps-prod", "gates": [{"soak": "1m"}]}]
    jane = as_printed("deliver", environments=places)
    commands = jane.commands
    jane.looks_while_it_works()
    with promotable(commands.api) as cluster:
        cluster.goes_on.set()
        assert commands("supplychain", "up", "--yes").code == 0
        for argv in (("open", "--curl"), ("logs",), ("history", "--env", "apps-dev")):
            jane.done(*argv)
        for name in ("smoke", "slow"):
            commands.api.put(verify_kit.task(name))
        with verify_kit.tekton(commands, smoke="Succeeded"):
            jane.done("verify", "--env", "apps-dev", code=1)
        observing(commands.api)
        jane.done("up", "--yes", "--timeout", "0.5s", code=4)
        jane.done("deliver", "--to", "apps-dev", "--yes", "--timeout", "0.5s", code=4)
        for stage in ("source-tester", "image-builder"):
            jane.done("rerun", "--stage", stage, "--yes")
        jane.done("rollback", "--env", "apps-dev", "--to", OTHER, "--yes", "--timeout", "0.5s", code=4)
        for kind, space, name in OWNERS:
            commands.api.objects.drop(commands.api.of(CARTO, kind), (space, name), orphan=True)
            assert "unknown: " not in jane.done("up", "--yes", "--no-wait").err
    assert not jane.unused
    within = {right for right in jane.refused if right[3] in ("default", "apps-dev")}
    assert {right[2] for right in within} <= OF_TEMPLATES


def test_who_promotes_changes_the_environment_and_keeps_its_record(as_printed):
    jane = as_printed("promote")
    jane.looks_while_it_works()
    delivery = jane.commands.api.of(CARTO, "Deliverable")
    jane.commands.api.objects.drop(delivery, ("apps-prod", "hello-go-from-pkg"), orphan=True)
    with promotable(jane.commands.api) as cluster:
        cluster.goes_on.set()
        for argv in (("open", "--curl"), ("gates", "--to", "apps-prod"), ("logs", "--env", "apps-dev")):
            jane.done(*argv)
        lacks_nothing(jane.done("promote", "--to", "apps-prod", "--yes", "--timeout", "60s"))
        jane.done("logs", "--env", "apps-prod")
    assert newest(jane, "apps-prod") == ("promote", "succeeded", VERSION)
    with rollable(jane.commands.api) as cluster:
        cluster.goes_on.set()
        lacks_nothing(jane.done("rollback", "--env", "apps-prod", "--yes", "--timeout", "60s"))
    assert newest(jane, "apps-prod") == ("rollback", "succeeded", OTHER)
    assert not jane.unused
    # The supply chain is not promoted: what it made is known from what runs.
    of_chain = {right for right in jane.refused if right[3] == "default"}
    assert jane.refused - of_chain == {("get", "", "namespaces", "apps-prod")}


def newest(jane, environment):
    past = jane.commands("history", "--env", environment, "-o", "json").json()["environments"]
    release = past[0]["releases"][0]
    return release["action"], release["result"], release["after"]["version"]


def test_who_approves_writes_decisions(as_printed):
    places = [{"name": "apps-dev"}, {"name": "apps-prod", "gates": [{"approval": {"by": ["jane"]}}]}]
    jane = as_printed("approve", environments=places)
    jane.commands.play(*HEALTHY)
    for place in ("apps-dev", "apps-prod"):
        jane.done("reject", VERSION, "--env", place, "--reason", "it is slow")
        jane.done("unreject", VERSION, "--env", place)
    jane.done("approve", VERSION, "--env", "apps-prod")
    assert jane.rights <= jane.asked
    assert jane.refused == {("list", "carto.run", "workloads", "default")}
