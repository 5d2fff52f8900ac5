"""What tests share: a broker to test on, real processes, and waiting for things to happen."""
