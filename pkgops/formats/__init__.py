"""Parsers and writers of YAML, TOML and JSON. The callers interpret the content."""
