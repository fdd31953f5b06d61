"""Those whose times are put side by side."""
