"""The contract between clients and services: messages, names, texts, limits and settings."""
