"""The web server around the page: settings, health, metrics, logs, headers, refusals, its start and its end."""
