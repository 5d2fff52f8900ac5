"""The operator's command: writes secrets and the broker's definitions, frees names, and handles dead letters."""
