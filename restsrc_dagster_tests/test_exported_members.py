from importlib import import_module

import restsrc_dagster


def test_exported_members() -> None:
    assert restsrc_dagster.__all__ == sorted(restsrc_dagster._HOMES)
    for name, home in restsrc_dagster._HOMES.items():
        member = getattr(restsrc_dagster, name)
        assert member is getattr(import_module(home), name)
        assert (member.__name__, member.__module__) == (name, home)
