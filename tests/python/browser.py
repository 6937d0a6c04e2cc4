"""A headless Chromium, driven over a pipe: pages are opened, asked and photographed."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


class Browser:
    """One tab; what it says on the console and asks for is kept."""

    def __init__(self, scratch: Path, width: int = 1400, height: int = 900) -> None:
        name = next(filter(None, map(shutil.which, NAMES)), None)
        if name is None:
            pytest.skip(f"needs a browser, one of {', '.join(NAMES)}")
        (to_read, self.to_browser), (self.from_browser, to_write) = os.pipe(), os.pipe()
        # The browser reads its orders from 3 and writes its answers to 4.
        command = f'exec 3<&{to_read} 4>&{to_write}; exec "$@"'
        self.process = subprocess.Popen(
            ["bash", "-c", command, "browser", name, *OPTIONS, f"--user-data-dir={scratch}"],
            pass_fds=(to_read, to_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self.buffer, self.count, self.session = b"", 0, ""
        self.errors: list[str] = []
        self.requests: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        """Give the window another size."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.to_browser)
        os.close(self.from_browser)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Give one order and return its answer."""
        self.count += 1
        order: dict[str, Any] = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            order["sessionId"] = self.session
        os.write(self.to_browser, json.dumps(order).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self.count:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def _next(self, seconds: float = 120.0) -> dict[str, Any]:
        """Return the next message of the browser; events are noted on the way."""
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.from_browser], [], [], seconds)
            assert ready, "the browser does not answer"
            self.buffer += os.read(self.from_browser, 1 << 20)
        text, _, self.buffer = self.buffer.partition(b"\0")
        message = json.loads(text)
        given = message.get("params", {})
        match message.get("method"):
            case "Runtime.exceptionThrown":
                self.errors.append(json.dumps(given["exceptionDetails"])[:500])
            case "Runtime.consoleAPICalled" if given["type"] == "error":
                self.errors.append(json.dumps(given["args"])[:500])
            case "Log.entryAdded" if given["entry"]["level"] == "error":
                self.errors.append(json.dumps(given["entry"])[:500])
            case "Network.requestWillBeSent":
                self.requests.append(given["request"]["url"])
        return message

    def open(self, url: str) -> None:
        """Go to an address."""
        self.call("Page.navigate", url=url)

    def evaluate(self, script: str) -> Any:
        """Return the value of an expression in the page; a promise is waited for."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, script: str, seconds: float = 120.0) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + seconds
        while not self.evaluate(f"Boolean({script})"):
            assert time.monotonic() < end, f"{script} did not come true: {self.errors}"
            time.sleep(0.1)

    def picture(self, file: Path, last: str = "html") -> None:
        """Write a picture of the window down to the end of the lowest of some elements."""
        ends = f"[...document.querySelectorAll({json.dumps(last)})]"
        ends += ".map(e => e.getBoundingClientRect().bottom)"
        width, height = self.evaluate(
            f"[innerWidth, Math.min(innerHeight, Math.max(...{ends}) + 20)]"
        )
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        shot = self.call("Page.captureScreenshot", format="png", clip=clip)
        file.write_bytes(base64.b64decode(shot["data"]))
