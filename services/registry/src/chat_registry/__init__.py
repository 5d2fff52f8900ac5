"""The registry: who holds which name."""
