"""The runtime of the services: consume, handle, publish, wait for confirms, acknowledge, log and report health."""
