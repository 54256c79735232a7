"""The Grafana dashboards as Python, so that a test can hold every query against what a running product exposes.

`python -m stream.dashboards` writes them to deploy/grafana/dashboards. The limits on the panels are ours, and mean: look at it
now. What calls somebody at night belongs into Prometheus rules.
"""
