"""YAML as a tree with lines, comments and annotations: reading, changing, printing."""
