"""AMQP for clients and services: connections, publisher confirms, exchanges and queues."""
