"""The runtime that every service runs in: connect, consume, confirm, ack, drain, log, health."""
