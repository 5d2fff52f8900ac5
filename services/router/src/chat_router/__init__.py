"""The router: takes posts in, stamps them with their time of arrival, and fans them out to rooms."""
