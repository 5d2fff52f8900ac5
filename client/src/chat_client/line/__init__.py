"""The line client: lines in, lines out, for scripts, screen readers and slow lines."""
