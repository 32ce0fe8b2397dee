"""The local cluster's Git server: smart http with shallow fetches, by git's own program."""
