"""Prometheus with its alerts watches the chat, and Grafana shows dashboards, which this package generates."""
