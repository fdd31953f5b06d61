"""How connectors run: Dagster's assets, jobs, schedules and sensors over them."""
