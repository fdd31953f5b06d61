"""A module that no connector file may import."""


class Store:
    """What a file would name."""
