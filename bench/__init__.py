"""The benchmark: the running system through its clients' path, each figure beside its baseline."""
