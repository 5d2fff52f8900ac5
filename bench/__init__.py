"""The benchmark: measures the running chat on the path of its clients, each figure beside a baseline."""
