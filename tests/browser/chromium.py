"""A headless Chromium for tests: load pages, measure them with a script, and hear what the browser complains about.

The pages under test forbid scripts, so the script runs outside: in a page that holds them in frames of given widths.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 180  # a slow machine, shared by others
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--virtual-time-budget=10000",
)  # fmt: skip
DARK = "--blink-settings=preferredColorScheme=0"

HOLDER = """<!doctype html><meta charset="utf-8"><body style="margin:0">%(frames)s
<pre id="measured"></pre>
<script>
const measure = %(script)s;
addEventListener("load", () => {
  const found = {};
  for (const frame of document.querySelectorAll("iframe"))
    found[frame.name] = measure(frame.contentDocument, frame.contentWindow);
  document.getElementById("measured").textContent = "BEGIN" + JSON.stringify(found) + "END";
});
</script>"""


def find() -> str | None:
    """The browser's path, None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def dump(url: str, folder: Path, *flags: str) -> tuple[str, list[str]]:
    """The document after loading, as HTML, and what was logged to the console."""
    profile = folder / "profile"
    shutil.rmtree(profile, ignore_errors=True)
    command = [find() or NAMES[0], *FLAGS, f"--user-data-dir={profile}", *flags, "--dump-dom", url]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=SECONDS, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if ":CONSOLE" in line]


def measure(pages: Mapping[str, tuple[str, int]], script: str, folder: Path, *flags: str) -> dict[str, Any]:
    """What ``script``, a JavaScript function of a document and its window, returns for each page (its HTML, its width)."""
    style = "border:0;display:block;height:900px"
    frames = "".join(
        f'<iframe name="{name}" style="{style};width:{width}px" srcdoc="{html.escape(page)}"></iframe>'
        for name, (page, width) in pages.items()
    )
    holder = folder / "holder.html"
    holder.write_text(HOLDER % {"frames": frames, "script": script}, encoding="utf-8")
    dom, console = dump(holder.as_uri(), folder, "--window-size=1600,1000", *flags)
    found = re.search("BEGIN(.*)END</pre>", dom, re.DOTALL)
    assert found, f"the script did not finish: {console}"
    return json.loads(html.unescape(found.group(1)))
