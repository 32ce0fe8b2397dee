"""What a release is, its record in a ConfigMap of the environment, and where the records of one are."""
