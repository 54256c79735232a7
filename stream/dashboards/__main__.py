"""Writes the dashboards that Grafana is provisioned with."""

from stream.dashboards.files import main

if __name__ == "__main__":
    main()
