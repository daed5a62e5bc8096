"""Training tasks, one file each."""
