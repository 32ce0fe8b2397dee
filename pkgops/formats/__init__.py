"""Formats of text: YAML, TOML and JSON, read and written. What the texts mean is left to others."""
