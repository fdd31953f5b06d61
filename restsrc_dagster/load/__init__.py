"""Where records go: the destination, its lock, and the dlt pipeline that loads them."""
