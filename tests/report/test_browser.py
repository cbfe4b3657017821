"""The page as a browser lays it out, where one is installed: at three widths, in the dark, and on paper."""

import json
import re
import shutil
import subprocess

import pytest
from saved_runs import write_run

from mia_plugins.cli import main

pytest.importorskip("matplotlib")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER = next((path for path in map(shutil.which, NAMES) if path), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium")

MEASURE = """<pre id="measured"></pre><script>
const box = (selector) => document.querySelector(selector).getBoundingClientRect();
document.getElementById("measured").textContent = JSON.stringify({
  wide: document.documentElement.scrollWidth, window: innerWidth,
  images: [...document.images].map((image) => image.naturalWidth),
  nav: [box("nav").left, box("nav").right, box("nav").bottom], main: [box("main").left, box("main").top],
  finding: box(".finding").top, picture: box("figure").bottom,
  background: getComputedStyle(document.body).backgroundColor, ink: getComputedStyle(document.body).color,
});
</script>"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of two settings under two seeds each, with long names and every kind of block."""
    root = tmp_path_factory.mktemp("page")
    for seed in (0, 1):
        for place, value in (("first", 71.5), ("second", 64.25)):
            write_run(
                root / "runs" / f"{place}{seed}",
                arrays=place == "first" and seed == 0,
                inspection=False,
                seed=seed,
                metrics={"acc": value - seed, "f1": value - 3, "oid_acc": value - 10 - seed, "oid_f1": 50.0},
                settings={
                    "lr": value,
                    "a_setting_with_a_long_name": "and_a_long_value_" * 4 + place,
                    "eval_monitor": "acc",
                },
                features=["x" * 150],
            )
    assert main(["report", str(root / "runs"), "-o", str(root / "out")]) == 0
    return root / "out" / "index.html"


def browse(folder, *words):
    """Runs the browser; some of its crash reporters need a writable home."""
    common = [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    return subprocess.run([*common, *map(str, words)], capture_output=True, text=True, timeout=120, check=True).stdout


def measure(page, folder, width, *words):
    """What a script in a copy of the page finds there, in a window ``width`` pixels wide."""
    copy = folder / "measured.html"
    copy.write_text(page.read_text(encoding="utf-8").replace("</body>", MEASURE + "</body>"), encoding="utf-8")
    shown = browse(folder, f"--window-size={width},1000", *words, "--dump-dom", copy.as_uri())
    return json.loads(re.search(r'<pre id="measured">(.*?)</pre>', shown, re.DOTALL)[1])


@pytest.mark.parametrize("width", [500, 900, 1600])  # a window of Chromium's has 500 pixels at least
def test_nothing_sticks_out_and_the_first_screen_has_the_answer(page, tmp_path, width):
    found = measure(page, tmp_path, width)
    assert found["window"] == width
    assert found["wide"] <= width
    assert found["images"]
    assert all(found["images"])
    assert found["picture"] < 1000
    if width == 1600:
        assert found["nav"][1] <= found["main"][0]  # contents at the side
    else:
        assert found["nav"][2] <= found["main"][1]  # contents above, and not in the way
        assert found["nav"][2] < 200


def test_light_and_dark(page, tmp_path):
    light = measure(page, tmp_path, 900, "--blink-settings=preferredColorScheme=1")
    dark = measure(page, tmp_path, 900, "--blink-settings=preferredColorScheme=0")

    def brightness(color):
        return sum(map(int, re.findall(r"\d+", color)[:3]))

    assert brightness(light["background"]) > 700 > 400 > brightness(light["ink"])
    assert brightness(dark["background"]) < 200 < 400 < brightness(dark["ink"])


def test_paper(page, tmp_path):
    target = tmp_path / "report.pdf"
    browse(tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={target}", page.as_uri())
    content = target.read_bytes()
    assert content.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) > 2
