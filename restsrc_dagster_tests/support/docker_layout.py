"""The Docker layout of `deploy/docker` without a Docker engine: its image is a folder, each of its
services a process, and its PostgreSQL the one of the wheel.

What the files say is done as they say it: the Dockerfile's steps in their order, the services'
commands and environments. Only what an engine would give is put in: a folder for `/opt`, an
environment of Python for the base image, and addresses on loopback for the services' names.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sysconfig
import venv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from typing_extensions import Self

from restsrc_dagster.demo.process import DagsterProcess
from restsrc_dagster_tests.support.postgres import Postgres
from restsrc_dagster_tests.support.ui import DagsterUi, free_port

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "deploy" / "docker"
OUTSIDE = re.compile(r"/opt\b")
"""What an image has of its own, so that nothing of this machine is there by chance."""


@dataclass
class Image:
    """What a Dockerfile makes, below a folder."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    working: str = "/"
    command: list[str] = field(default_factory=list)

    def here(self, text: str) -> str:
        """A path or a command of the image, as it is on this machine."""
        return OUTSIDE.sub(str(self.folder / "opt"), text)

    def run(self, command: str, **environment: str) -> None:
        subprocess.run(
            ["bash", "-c", self.here(command)],
            cwd=self.here(self.working),
            env=self.variables(environment),
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def variables(self, more: Mapping[str, str]) -> dict[str, str]:
        """Of a process: the image's and the service's, and this machine's way to the registry."""
        ours = {
            name: value
            for name, value in os.environ.items()
            if name in ("HOME", "LANG", "TMPDIR") or name.startswith(("PIP_", "SSL_"))
        }
        # Not the whole of ours: a command of this environment would be taken for the image's.
        path = f"{self.folder / 'python' / 'bin'}:/usr/local/bin:/usr/bin:/bin"
        given = {name: self.here(value) for name, value in {**self.environment, **more}.items()}
        return {**ours, "PATH": path, **given}


def build(folder: Path, **given: str) -> Image:
    """Do the steps of the Dockerfile from the project's folder, as `docker build` would; `given`
    are build arguments."""
    image, arguments = Image(folder), dict[str, str]()
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    for line in filter(lambda line: line and not line.startswith("#"), text.splitlines()):
        word, _, rest = line.partition(" ")
        match word:
            case "FROM":
                _base_image(folder / "python")
            case "ARG":
                name, _, value = rest.partition("=")
                arguments[name] = given.get(name, value)
            case "ENV":
                name, _, value = rest.partition("=")
                image.environment[name] = value
            case "WORKDIR":
                image.working = rest
                Path(image.here(rest)).mkdir(parents=True, exist_ok=True)
            case "COPY":
                *sources, target = _filled(rest, image.environment).split()
                for source in sources:
                    _copy(ROOT / source, _place(image, target, source))
            case "RUN":
                image.run(rest, **arguments)
            case "CMD":
                image.command = json.loads(rest)
            case _:
                raise AssertionError(f"a step that is not known here: {line}")
    return image


def services() -> dict[str, Any]:
    """Of the compose file, by name."""
    found: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text("utf-8"))["services"]
    return found


class ComposeLayout(DagsterUi):
    """`with ComposeLayout(image, postgres) as dagster:`; `connectors` is the folder it mounts."""

    def __init__(self, image: Image, postgres: Postgres) -> None:
        super().__init__()
        self._image = image
        self._services = services()
        (self._database,) = [
            name for name, service in self._services.items() if "build" not in service
        ]
        self._postgres = postgres
        self._ports = {"4000": str(free_port()), "3000": str(free_port())}
        self._url = f"http://127.0.0.1:{self._ports['3000']}/graphql"
        self.connectors = Path(image.here("/opt/restsrc/connectors"))

    def __enter__(self) -> Self:
        owner = self._services[self._database]["environment"]
        self._postgres.create(owner["POSTGRES_USER"], owner["POSTGRES_DB"])
        workspace = Path(self._image.here("/opt/restsrc/workspace.yaml"))
        workspace.write_text(self._addressed(workspace.read_text()), encoding="utf-8")
        for name, service in self._services.items():
            if name != self._database:
                self._start(name, service)
        self.wait("the webserver", self.answers)
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes.values()):
            process.stop(patience_seconds=10)

    def _start(self, name: str, service: Mapping[str, Any]) -> None:
        command = shlex.split(service["command"]) if "command" in service else self._image.command
        log = self._image.folder / f"{name}.log"
        environment = {key: self._addressed(value) for key, value in service["environment"].items()}
        self._processes[log] = DagsterProcess(
            [self._image.here(self._addressed(word)) for word in command],
            cwd=Path(self._image.here(self._image.working)),
            env=self._image.variables(environment),
            log=log,
        )

    def _addressed(self, text: str) -> str:
        """The services' names and ports, as they are on this machine."""
        text = text.replace(f"@{self._database}:5432", f"@127.0.0.1:{self._postgres.port}")
        text = text.replace("host: connectors", "host: 127.0.0.1").replace("0.0.0.0", "127.0.0.1")
        return re.sub(r"\b[34]000\b", lambda found: self._ports[found[0]], text)


def _base_image(place: Path) -> None:
    """An environment of Python, in which the packages of this one are there, so that `pip` has
    them; the project itself is not."""
    venv.create(place, with_pip=True)
    (packages,) = place.glob("lib/python*/site-packages")
    ours = sysconfig.get_path("purelib")
    (packages / "base_image.pth").write_text(f"{ours}\n", encoding="utf-8")
    for script in Path(sysconfig.get_path("scripts")).glob("dagster*"):
        first, _, rest = script.read_text(encoding="utf-8").partition("\n")
        assert first.startswith("#!"), script
        theirs = place / "bin" / script.name
        theirs.write_text(f"#!{place / 'bin' / 'python'}\n{rest}", encoding="utf-8")
        theirs.chmod(0o755)


def _filled(text: str, environment: Mapping[str, str]) -> str:
    return re.sub(r"\$(\w+)", lambda found: environment[found[1]], text)


def _place(image: Image, target: str, source: str) -> Path:
    within = target if target.startswith("/") else f"{image.working}/{target}"
    place = Path(image.here(within))
    return place / Path(source).name if target.endswith("/") else place


def _copy(source: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, place, dirs_exist_ok=True, ignore=ignored)
    else:
        shutil.copy(source, place)
