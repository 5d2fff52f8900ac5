"""What clients and services agree on: messages, names, tokens, and where each message travels."""
