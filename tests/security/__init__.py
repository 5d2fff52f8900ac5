"""A hostile client in raw py-amqp against a real broker, and its attacks (docs/explanation/security.md)."""
