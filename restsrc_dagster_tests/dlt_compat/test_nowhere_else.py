"""What dlt keeps to itself is used in `dlt_compat`, and nowhere else; and each part has its test.

A name with an underscore is dlt's unless the module that uses it defines it.
"""

import ast
import importlib
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import restsrc_dagster
from restsrc_dagster_tests.support.packages import PAGE, SOURCES, imports

PACKAGE = Path(restsrc_dagster.__file__).parent
COMPAT = Path("dlt_compat")
TESTS = Path(__file__).parent
INTERNAL = (
    *("dlt.normalize", "dlt.extract.pipe", "dlt.extract.extractors", "dlt.extract.incremental"),
    *("dlt.common.data_writers", "dlt.common.normalizers.json", "dlt.destinations.impl.postgres"),
    *("dlt.common.storages.data_item_storage", "dlt.common.storages.load_package"),
    *("dlt.sources.rest_api.config_setup", "dlt.sources.helpers.rest_client.detector"),
    "dlt.sources.helpers.rest_client.utils",
)
"""Modules of dlt whose names have no underscore, and which are its own affair all the same."""
OF_OTHERS = {
    "_replace": "of a named tuple",
    "_content": "of an answer of requests",
    "_exit": "of os",
    "_run_exitfuncs": "of atexit",
    "_shutdown": "of threading",
    "_instance": "of Dagster's launchers, for those who write one",
    "_run_ids": "of Dagster's launcher, which waits for them",
}
"""Names with an underscore that are neither dlt's nor ours."""
REPLACE_OTHERS = dict.fromkeys(
    (Path("extract/response/body.py"), Path("extract/formats/reader.py")),
    "`json` of an answer of requests",
)
"""Where a method of an object is replaced, and the object is not dlt's."""


@cache
def parsed() -> dict[Path, ast.Module]:
    """All modules of the package, which takes seconds."""
    return {one: ast.parse((PACKAGE / one).read_text(encoding="utf-8")) for one in SOURCES}


def outside() -> dict[Path, ast.Module]:
    return {source: tree for source, tree in parsed().items() if COMPAT not in source.parents}


def modules() -> dict[str, ast.Module]:
    """Those of `dlt_compat`, by their names."""
    return {
        source.stem: tree
        for source, tree in parsed().items()
        if source.parent == COMPAT and source.stem != "__init__"
    }


def is_private(name: str) -> bool:
    return re.fullmatch(r"_[a-zA-Z]\w*", name) is not None


def attributes(tree: ast.AST) -> set[str]:
    """Private names that are asked of something."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name):
                found.add(name)
            case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(str(name)), *_]):
                found.add(name)
    return set(filter(is_private, found))


def defined(tree: ast.AST) -> set[str]:
    """Private names of functions and classes, variables and fields, and attributes of `self`."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Attribute(attr=name, ctx=ast.Store(), value=ast.Name(id="self")):
                found.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
    return set(filter(is_private, found))


def named(tree: ast.AST) -> set[str]:
    """Private names that a module of `dlt_compat` uses: attributes, methods, and texts."""
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    ours = {
        name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and function.name == "__init__"
        for name in defined(function)
    }
    return (attributes(tree) | defined(tree)) - ours | set(filter(is_private, texts))


def source_of(one: type) -> ast.Module:
    return ast.parse(textwrap.dedent(inspect.getsource(one)))


def derived() -> Iterator[tuple[type, list[type]]]:
    """The classes outside that have bases of dlt, and these."""
    for source, tree in outside().items():
        if source.stem == "__main__":
            continue
        # dlt puts classes of its own making into a module whose functions it configures.
        written = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        name = ".".join((PACKAGE.name, *source.with_suffix("").parts)).removesuffix(".__init__")
        for one in vars(importlib.import_module(name)).values():
            if inspect.isclass(one) and one.__module__ == name and one.__name__ in written:
                bases = [base for base in one.__mro__ if base.__module__.startswith("dlt.")]
                if bases:
                    yield one, bases


def private_of(bases: list[type]) -> set[str]:
    names = {name for base in bases for name in {*vars(base), *defined(source_of(base))}}
    return set(filter(is_private, names)) - {"_abc_impl", "_is_protocol"}


def test_no_private_name_is_used_outside() -> None:
    strange = {
        source: names
        for source, tree in outside().items()
        if (names := attributes(tree) - defined(tree) - OF_OTHERS.keys())
    }
    assert strange == {}


def test_no_internal_module_is_imported_outside() -> None:
    imported = {
        source: names
        for source, tree in outside().items()
        if (names := [name for name in imports(tree) if is_internal(name)])
    }
    assert imported == {}


def is_internal(name: str) -> bool:
    beneath = any(f"{name}.".startswith(f"{module}.") for module in INTERNAL)
    return beneath or (name.startswith("dlt.") and any(map(is_private, name.split("."))))


def test_nothing_is_replaced_outside() -> None:
    texts = {source: (PACKAGE / source).read_text(encoding="utf-8") for source in outside()}
    replacing = {source for source, text in texts.items() if "ignore[method-assign]" in text}
    assert replacing == REPLACE_OTHERS.keys()
    assert [source for source, text in texts.items() if re.search(r"\b[sd]e[tl]attr\(", text)] == []


def test_no_class_outside_has_a_private_name_of_dlt() -> None:
    """Neither overridden nor read; nor one that dlt took up when it was ours already."""
    shared = {
        one.__qualname__: names
        for one, bases in derived()
        if (names := (attributes(source_of(one)) | {*vars(one)}) & private_of(bases))
    }
    assert shared == {}


def test_what_is_private_is_seen() -> None:
    code = (
        "class A(B):\n    def _a(self): self._b = self._c; super()._d(getattr(x, '_e'))\n    _f = 1"
    )
    tree = ast.parse(code)
    assert attributes(tree) == {"_b", "_c", "_d", "_e"}
    assert defined(tree) == {"_a", "_b", "_f"}
    assert named(tree) == {"_a", "_b", "_c", "_d", "_e", "_f"}
    assert is_internal("dlt.extract.pipe.ForkPipe")
    assert is_internal("dlt.common.json._orjson")
    assert not is_internal("dlt.extract.items.DataItemWithMeta")
    bases = {one.__name__: of for one, of in derived()}
    assert {"FittingNormalizer", "CopyJob", "CountingCollector"} <= bases.keys()
    assert {"_cached_state", "_bound_pipe", "_get_state"} <= private_of(bases["CursorStep"])


def test_it_uses_dlt_and_knows_nothing_else_of_ours() -> None:
    own = ("restsrc_dagster.dlt_compat.", "restsrc_dagster.process_wide.")
    for tree in modules().values():
        for name in imports(tree):
            assert name.split(".")[0] in {"dlt", *sys.stdlib_module_names} or name.startswith(own)


def test_each_private_name_is_in_the_test_of_its_module() -> None:
    for module, tree in modules().items():
        test = (TESTS / f"test_{module}.py").read_text(encoding="utf-8")
        assert {name for name in named(tree) if name not in test} == set(), module


def test_the_list_in_the_documentation_is_complete() -> None:
    page = PAGE.read_text(encoding="utf-8")
    section = page.split("## Private parts of dlt and Dagster")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)$", section, re.MULTILINE))
    assert list(rows) == sorted(modules())
    for module, tree in modules().items():
        assert {name for name in named(tree) if f"`{name}`" not in rows[module]} == set(), module
