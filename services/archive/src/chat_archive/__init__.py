"""The archive: log.txt, its index, and the answers to questions about them."""
