"""Releases, their records in ConfigMaps of the environment, and where these are."""
