"""The router: validates posts, stamps them with the time, and publishes them to the rooms."""
