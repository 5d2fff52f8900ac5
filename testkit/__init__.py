"""Tools that tests, bench and documentation share: brokers, service processes, people, and waiting for conditions."""
