"""The command `restsrc`."""
