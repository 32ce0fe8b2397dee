"""What a promotion changes: the content of package versions, and how two of them differ."""
