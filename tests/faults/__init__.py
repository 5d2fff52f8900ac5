"""Nothing lost, nothing doubled, whatever breaks: recorded clients, and a checker that judges their histories."""
