"""How records are read: the dlt source, and the HTTP session through which it reads."""
