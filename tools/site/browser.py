"""Look at a built page in headless Chromium: what it draws, prints, asks for and complains of.

    python -m tools.site.browser _build/html/book/intro.html --width 390 --picture intro.png

The page is served on the loopback, and no other host can be reached from it.
"""

import argparse
import base64
import contextlib
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import websocket

from tools.site.serve import serve

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
]


def find_chromium() -> str | None:
    """Return the path of a Chromium on this machine, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """One tab, spoken to through Chromium's DevTools protocol."""

    def __init__(self, address: str):
        self.socket = websocket.create_connection(address, timeout=30)
        self.count = 0
        self.requests: list[str] = []
        self.failed: list[str] = []
        self.complaints: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params) -> dict:
        """Send one command and return its result, noting events on the way."""
        self.count += 1
        number = self.count
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == number:
                return message.get("result", message)
            self._note(message)

    def _note(self, event: dict) -> None:
        method, params = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Network.responseReceived" and params["response"]["status"] >= 400:
            self.failed.append(params["response"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(params["exceptionDetails"])[:600])
        elif method == "Runtime.consoleAPICalled" and params["type"] == "error":
            self.complaints.append(json.dumps(params["args"])[:600])
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.complaints.append(params["entry"]["text"] + " " + params["entry"].get("url", ""))

    def open(self, url: str, width: int = 1280, height: int = 900) -> None:
        """Load a page in a window of this size and wait until it is complete."""
        self.requests, self.failed, self.complaints = [], [], []
        self.resize(width, height)
        self.call("Page.navigate", url=url)
        path = json.dumps(url.partition("#")[0])
        loaded = "document.readyState === 'complete' && location.href.startsWith"
        self.wait_for(f"{loaded}({path}) && (!window.MathJax || MathJax.startup?.promise != null)")
        self.evaluate("window.MathJax?.startup?.promise?.then(() => 1)")

    def resize(self, width: int, height: int = 900) -> None:
        """Give the window another size; below 600 pixels it is a phone."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **size)

    def evaluate(self, expression: str):
        """Return the value of a JavaScript expression, awaited if it is a promise."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:600])
        return answer["result"].get("value")

    def wait_for(self, expression: str, seconds: float = 20) -> bool:
        """Wait until an expression is true; say whether it became so."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(RuntimeError):  # the page is being replaced
                if self.evaluate(f"!!({expression})"):
                    return True
            time.sleep(0.1)
        return False

    def picture(self, path: Path, full: bool = True) -> None:
        """Save what the page looks like as a PNG."""
        data = self.call("Page.captureScreenshot", captureBeyondViewport=full)["data"]
        Path(path).write_bytes(base64.b64decode(data))


@contextlib.contextmanager
def browser():
    """Start Chromium and give a page; end it and its folder afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [find_chromium(), *FLAGS, f"--user-data-dir={folder}", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield Page(_debugger(Path(folder) / "DevToolsActivePort"))
        finally:
            process.terminate()
            process.wait(10)


def _debugger(port_file: Path) -> str:
    for _ in range(300):
        if port_file.exists() and port_file.read_text(encoding="utf8").count("\n"):
            port = port_file.read_text(encoding="utf8").split()[0]
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
                pages = [t for t in json.load(answer) if t["type"] == "page"]
            if pages:
                return pages[0]["webSocketDebuggerUrl"]
        time.sleep(0.1)
    raise RuntimeError("Chromium did not start within 30 s")


def main() -> None:
    """Read the command line, open the page, and print what it asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=Path, help="an .html file in a built site")
    parser.add_argument("--site", type=Path, default=Path("_build/html"))
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=900)
    parser.add_argument("--dark", action="store_true", help="use the dark theme")
    parser.add_argument("--script", help="JavaScript to run before the picture; printed")
    parser.add_argument("--full", action="store_true", help="the whole page, not one screen")
    parser.add_argument("--picture", type=Path, default=Path("page.png"))
    args = parser.parse_args()
    if not find_chromium():
        raise SystemExit("No Chromium or Chrome was found: install one to look at pages.")
    with serve(args.site) as address, browser() as page:
        name = args.page.resolve().relative_to(args.site.resolve()).as_posix()
        page.open(f"{address}/{name}", args.width, args.height)
        if args.dark:
            page.evaluate("document.documentElement.dataset.theme = 'dark'")
        time.sleep(1)
        if args.script:
            print(page.evaluate(args.script))
        page.picture(args.picture, args.full)
        print(f"{len(page.requests)} requests, failed {page.failed}")
        print("\n".join(page.complaints) or "no complaints")


if __name__ == "__main__":
    main()
