"""Fault tests: recorded clients chat while faults happen, and a checker judges their histories."""
