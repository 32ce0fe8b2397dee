"""Deployments in the format of Carvel's kapp: labels, records, diffs, order, waits.

The computations are pure (``identity``, ``rebase``, ``change``, ``order``, ``wait``, ``record``,
``table``); :class:`App` carries them out with a :class:`pkgops.kube.Client`. Apps that are deployed here can
be inspected and deleted with the real ``kapp``, and vice versa.
"""

from pkgops.kapp.app import App
from pkgops.kapp.change import Change
from pkgops.kapp.errors import KappError
from pkgops.kapp.filters import ResourceFilter
from pkgops.kapp.options import Options
from pkgops.kapp.output import Output
from pkgops.kapp.plan import Plan
from pkgops.kapp.record import AppMeta, ChangeMeta
from pkgops.kapp.runner import Pace

__all__ = [
    "App",
    "AppMeta",
    "Change",
    "ChangeMeta",
    "KappError",
    "Options",
    "Output",
    "Pace",
    "Plan",
    "ResourceFilter",
]
