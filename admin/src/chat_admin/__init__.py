"""The operator's command: creates users, passwords and keys, frees names, and handles dead letters."""
