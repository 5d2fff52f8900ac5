"""Upgrade tests: people chat while an operator replaces the version before by this one."""
