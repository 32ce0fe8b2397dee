"""YAML as a tree that keeps lines, comments and annotations: reading, changing, printing."""
