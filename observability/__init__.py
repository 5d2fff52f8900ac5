"""What watches the chat: Prometheus with its alerts, and the dashboards of Grafana, which this package generates."""
