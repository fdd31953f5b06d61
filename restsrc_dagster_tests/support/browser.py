"""Dagster's UI as a person has it before them: Chromium on pages that are waited for."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait
from typing_extensions import Self

NEEDED = ("chromium", "chromedriver")
SCREENSHOTS = "RESTSRC_SCREENSHOTS"
PATIENCE_SECONDS = 90
"""For what comes by itself: a run, a sensor's tick, on a machine that has other work, too."""
_FLAGS = """
--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync
--disable-background-networking --disable-component-update --disable-dev-shm-usage
"""
_LOOPBACK_ONLY = "MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1"
_CLICKABLE = "self::a or self::button or self::label or @role='tab' or @role='menuitem'"
_PLOTTED_WIDTH = """
const [canvas] = arguments, {width, height} = canvas;
if (!width || !height) return 0;
const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
const isBlue = (x, y) => pixels[4 * (y * width + x) + 2] - pixels[4 * (y * width + x)] > 100;
const rows = [...Array(height).keys()];
const plotted = [...Array(width).keys()].filter(x => rows.some(y => isBlue(x, y)));
return plotted.length ? (plotted.at(-1) - plotted[0]) / width : 0;
"""


def needs_chromium() -> None:
    """Skips the test where there is none; with CI=true it fails instead."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        reason = f"{' and '.join(missing)} not found: apt-get install chromium chromium-driver"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)


class Browser:
    """`with Browser(url, profile=folder) as ui:`. Everything waits for what it wants to see.

    What is seen is the text of the page, a line for each of its parts, as a person would copy it.
    With the variable RESTSRC_SCREENSHOTS, `takes_picture` writes PNGs into the folder it names.
    """

    def __init__(self, url: str, *, profile: Path) -> None:
        self._url = url
        self._profile = profile
        self._pictures = os.environ.get(SCREENSHOTS)

    def __enter__(self) -> Self:
        os.environ["SE_OFFLINE"] = os.environ["SE_AVOID_STATS"] = "true"
        options = ChromeOptions()
        options.binary_location = str(shutil.which("chromium"))
        for flag in _FLAGS.split():
            options.add_argument(flag)
        options.add_argument(f"--user-data-dir={self._profile}")
        options.add_argument(f"--host-resolver-rules={_LOOPBACK_ONLY}")
        options.add_argument("--window-size=1600,1100")
        self._driver = Chrome(options, ChromeService(shutil.which("chromedriver")))
        self._driver.set_page_load_timeout(PATIENCE_SECONDS)
        if self._pictures:
            size = {"width": 1400, "height": 900, "deviceScaleFactor": 1, "mobile": False}
            self._driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        return self

    def __exit__(self, *_: object) -> None:
        self._driver.quit()

    def open(self, path: str) -> None:
        self._driver.get(self._url + path)

    @property
    def text(self) -> str:
        return self._driver.find_element(By.TAG_NAME, "body").text

    def runs(self, script: str, *arguments: Any) -> Any:
        """What a JavaScript function's body returns of the page as it is."""
        return self._driver.execute_script(script, *arguments)

    def sees(self, *texts: str) -> None:
        """Each text is on the page, all at the same time; its lines follow one another."""

        def missing() -> list[str]:
            page = self.text
            return [text for text in texts if text not in page]

        self._until(lambda: not missing(), lambda: f"not seen: {missing()}")

    def sees_like(self, pattern: str) -> re.Match[str]:
        """A regular expression, found anywhere on the page."""
        found: list[re.Match[str]] = []

        def is_there() -> bool:
            found.extend(re.finditer(pattern, self.text))
            return bool(found)

        self._until(is_there, lambda: f"nothing like {pattern!r}")
        return found[0]

    def sees_link_with(self, address: str) -> None:
        self._element(f"//a[contains(@href, '{address}')]")

    def sees_icon(self, icon: str, *, beside_link_to: str) -> None:
        """By the name that Dagster gives it, such as `close` for a red cross."""
        self._element(f"//a[@href='{beside_link_to}']/..//*[@role='img' and @aria-label='{icon}']")

    def sees_plot(self, name: str) -> None:
        """A line is drawn from one side of the plot to the other, not a dot."""
        canvas = f"//*[text()='{name}']/following::canvas[1]"
        self._until(
            lambda: self._driver.execute_script(_PLOTTED_WIDTH, self._element(canvas)) > 0.5,
            lambda: f"no line in the plot of {name}",
        )

    def click(self, label: str) -> None:
        """A button, link or tab whose whole text is `label`, or the lowest element of that text."""
        of_text = f"normalize-space()='{label}'"
        self._click(
            f"//*[({_CLICKABLE}) and {of_text}]"
            f" | //*[{of_text} and not(*[{of_text}]) and not(ancestor-or-self::button)]"
        )

    def click_link_to(self, path: str, *, before: str | None = None) -> None:
        """The first link to a page below `path`; or the last one before the text `before`."""
        link = f"a[starts-with(@href, '{path}')]"
        self._click(f"(//*[text()='{before}'])[1]/preceding::{link}[1]" if before else f"//{link}")

    def writes_config(self, yaml: str) -> None:
        """Replaces what is in the launchpad's editor, which indents a new line as the one before.

        Lines may be indented further than the one before them, not less.
        """
        self._click("//*[contains(@class, 'CodeMirror-lines')]")
        keys, indent = self._driver.switch_to.active_element, ""
        keys.send_keys(Keys.CONTROL, "a")
        keys.send_keys(Keys.DELETE)
        for number, line in enumerate(yaml.strip().splitlines()):
            keys.send_keys(Keys.ENTER * (number > 0) + line.removeprefix(indent))
            indent = line[: len(line) - len(line.lstrip())]
        for line in yaml.strip().splitlines():
            self.sees(line.strip())

    def takes_picture(self, name: str) -> None:
        if self._pictures:
            assert self._driver.save_screenshot(str(Path(self._pictures) / name))

    def _click(self, xpath: str) -> None:
        """The first one that is there and can be clicked; pages draw themselves anew meanwhile."""

        def clicked() -> bool:
            for element in self._driver.find_elements(By.XPATH, xpath):
                if element.is_displayed() and element.is_enabled():
                    element.click()
                    return True
            return False

        self._until(clicked, lambda: f"nothing to click: {xpath}")

    def _element(self, xpath: str) -> WebElement:
        self._until(lambda: self._driver.find_elements(By.XPATH, xpath), lambda: f"no {xpath}")
        return self._driver.find_element(By.XPATH, xpath)

    def _until(self, condition: Callable[[], Any], complaint: Callable[[], str]) -> None:
        wait = WebDriverWait(
            self._driver, PATIENCE_SECONDS, 0.2, ignored_exceptions=[WebDriverException]
        )
        try:
            wait.until(lambda _: condition())
        except TimeoutException:
            page = f"{self._driver.current_url}\n{self.text}"
            raise AssertionError(f"{complaint()}\n{page}") from None
