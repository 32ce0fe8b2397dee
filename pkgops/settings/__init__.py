"""Configuration: the data values of the templates, pkgops's own keys, and the origin of each value."""

from pkgops.settings.checks import Check, HttpCheck, TaskCheck
from pkgops.settings.discovery import DEFAULT_FILES, configurations
from pkgops.settings.duration import parse_duration
from pkgops.settings.environments import EnvironmentSetting
from pkgops.settings.gates import GateSetting
from pkgops.settings.layers import Layer, Origin, Tree
from pkgops.settings.load import Overrides, load, own_keys
from pkgops.settings.settings import Settings

__all__ = [
    "Check",
    "DEFAULT_FILES",
    "EnvironmentSetting",
    "GateSetting",
    "HttpCheck",
    "Layer",
    "Origin",
    "Overrides",
    "Settings",
    "TaskCheck",
    "Tree",
    "configurations",
    "load",
    "own_keys",
    "parse_duration",
]
