"""A virtual environment for each program that is not of this project: made once, then reused."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from benchmarks.measure import Failed

PINS = Path(__file__).parent / "pins"
HOME = Path(__file__).parents[1]
PROGRAMS = {
    "airbyte-cdk": "7.39.1",
    "tap-rest-api-msdk": "1.4.2",
    "target-duckdb": "0.8.0",
}


def binaries(program: str) -> Path:
    """The folder of its commands, in `benchmarks/.venv-<program>`.

    Raises:
        Failed: it does not install on this machine; what pip says.
    """
    if isinstance(found := _tried(program), str):
        raise Failed(found)
    return found


@cache
def _tried(program: str) -> Path | str:
    """Once in a process: the folder, or why there is none."""
    try:
        return _installed(program, HOME / f".venv-{program}")
    except subprocess.CalledProcessError as error:
        told = [line for line in error.stderr.splitlines() if line.startswith("ERROR")]
        return f"{program} does not install: {(told or ['pip failed'])[0][:120]}"


def _installed(program: str, folder: Path) -> Path:
    pins = (PINS / f"{program}.txt").read_text(encoding="utf-8")
    made_of = folder / "pins.txt"
    commands = folder / "bin"
    if made_of.exists() and made_of.read_text(encoding="utf-8") == pins:
        return commands
    shutil.rmtree(folder, ignore_errors=True)
    print(f"installing {program} {PROGRAMS[program]}", file=sys.stderr)
    _run(sys.executable, "-m", "venv", str(folder))
    # The versions of all that it needs are those that were measured; what else a platform needs
    # is pip's choice.
    constraints, wanted = str(PINS / f"{program}.txt"), f"{program}=={PROGRAMS[program]}"
    _run(str(commands / "python"), "-m", "pip", "install", "-q", "-c", constraints, wanted)
    made_of.write_text(pins, encoding="utf-8")
    return commands


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
