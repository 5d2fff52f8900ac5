"""The archive: log.txt, its index, and the questions asked of it."""
