"""What tunes dlt from outside of its process."""

ENVIRONMENT = {"EXTRACT__WORKERS": "20"}
