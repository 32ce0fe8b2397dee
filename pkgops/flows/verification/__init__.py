"""A verification: whether what answers in an environment does what it must, and the result of that."""
