"""The operator's command: makes users, passwords and keys, and releases names."""
