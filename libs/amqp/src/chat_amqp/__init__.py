"""The AMQP side of the contract: connections, publications with confirms, exchanges and queues."""
