"""Widgets: what they hold, what they refuse, and that the page computes what Python computes."""

import base64
import json
import math
import re
import shutil
import subprocess
from importlib.resources import files

import pytest
import torch

from course_utils.attention import attention
from course_utils.lessons.widgets import AttentionExplorer
from course_utils.runtime import CourseError

WIDGETS = files("course_utils.lessons.widgets")
SCRIPT = WIDGETS.joinpath("attention_explorer.js").read_text(encoding="utf8")
STYLE = "".join(
    WIDGETS.joinpath(name).read_text(encoding="utf8")
    for name in ("base.css", "attention_explorer.css")
)


def in_node(expression: str):
    """Import the explorer's script in Node and return the value of an expression about it."""
    if not shutil.which("node"):
        pytest.skip("node is not installed, so the page's arithmetic cannot be run here")
    address = "data:text/javascript;base64," + base64.b64encode(SCRIPT.encode()).decode()
    code = (
        f"import * as page from '{address}';"
        "const exact = (_, x) => Number.isFinite(x) || typeof x != 'number' ? x : String(x);"
        f"console.log(JSON.stringify({expression}, exact));"
    )
    run = subprocess.run(
        ["node", "--input-type=module", "-"], input=code, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_traits_are_shared_with_the_page():
    explorer = AttentionExplorer(causal=True, q=[[1, 2], [3, 4], [5, 6]])
    state = explorer.get_state()
    assert {"q", "k", "v", "causal", "scale", "_esm", "_css"} <= set(state)
    assert state["q"] == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]] and state["causal"] is True
    assert state["_esm"] == SCRIPT and state["_css"] == STYLE
    explorer.set_state({"v": [[0, 0], [0, 0], [0, 3]], "scale": False})
    assert explorer.v[2] == [0.0, 3.0] and explorer.scale is False


@pytest.mark.parametrize(
    "rows", [[[1, 2]], [[1], [2], [3]], [[1, 2, 3]] * 3, [[1, math.nan]] * 3, [["1", "2"]] * 3]
)
def test_other_shapes_are_refused(rows):
    with pytest.raises(CourseError, match="expected k as 3 rows of 2 finite numbers"):
        AttentionExplorer(k=rows)
    explorer = AttentionExplorer()
    kept = explorer.k
    with pytest.raises(CourseError):
        explorer.k = rows
    assert explorer.k == kept


def test_text_is_the_same_in_every_run():
    assert repr(AttentionExplorer()) == repr(AttentionExplorer())
    assert "0x" not in repr(AttentionExplorer())
    bundle = AttentionExplorer(causal=True)._repr_mimebundle_()[0]
    assert bundle["text/plain"].startswith("AttentionExplorer(causal=True, scale=True)")


def test_every_explorer_has_its_own_numbers():
    first, second = AttentionExplorer(), AttentionExplorer()
    first.q = [[9, 9]] * 3
    assert second.q[0] == [1.0, 0.0]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("scale", [False, True])
def test_the_page_computes_what_the_package_computes(causal, scale):
    q, k, v = (3 * torch.randn(3, 3, 2, dtype=torch.float64)).tolist()
    options = json.dumps({"causal": causal, "scale": scale})
    page = in_node(f"page.attend({q}, {k}, {v}, {options})")
    q, k, v = (torch.tensor(m, dtype=torch.float64) for m in (q, k, v))
    output, weights = attention(q if scale else q * math.sqrt(2), k, v, causal=causal)
    assert torch.allclose(torch.tensor(page["weights"], dtype=torch.float64), weights, atol=1e-12)
    assert torch.allclose(torch.tensor(page["outputs"], dtype=torch.float64), output, atol=1e-12)
    assert (page["scores"][0][2] == "-Infinity") is causal
    explorer = AttentionExplorer(
        q=q.tolist(), k=k.tolist(), v=v.tolist(), causal=causal, scale=scale
    )
    assert torch.allclose(explorer.weights, weights) and torch.allclose(explorer.output, output)


def test_the_pages_softmax_does_not_overflow():
    assert in_node("page.softmax([1e4, 1e4, -1e4])") == [0.5, 0.5, 0.0]


def test_page_and_python_start_from_the_same_numbers():
    explorer = AttentionExplorer()
    assert in_node('page.PRESETS["the lesson\'s numbers"]') == {
        "q": explorer.q,
        "k": explorer.k,
        "v": explorer.v,
    }


def test_numbers_and_words_on_the_page():
    assert in_node("[-0.001, -1.5, 2, -Infinity].map(page.format)") == [
        "0.00",
        "−1.50",
        "2.00",
        "−∞",
    ]
    assert "w₁ looks most at w₁ and w₃ (0.40)" in in_node(
        "page.summary([[0.4, 0.2, 0.4], [1, 0, 0], [0, 1, 0]])"
    )


def test_numbers_on_the_squares_can_be_read():
    for colour in in_node("Array.from({length: 101}, (_, i) => page.heat(i / 100))"):
        ink = 1.0 if colour["color"] == "#fff" else 0.0
        light, dark = sorted((luminance(colour["background"]), ink), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, colour


def luminance(rgb: str) -> float:
    parts = [int(x) / 255 for x in re.findall(r"\d+", rgb)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return sum(a * b for a, b in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_explorer_asks_nobody_for_anything():
    addresses = re.findall(r"https?://[^\"')\s]+", SCRIPT + STYLE)
    assert addresses == ["http://www.w3.org/2000/svg"]  # a name, never fetched
    assert not re.search(r"\b(import|fetch|XMLHttpRequest|@import)\b|url\(", SCRIPT + STYLE)


def declarations(name: str, letters: str) -> set[tuple[str, str]]:
    """Return the pairs of selector and declaration in a style, its own letters left out."""
    text = WIDGETS.joinpath(name).read_text(encoding="utf8")
    rules = re.findall(r"([^{}]+)\{([^}]*)\}", re.sub(r"/\*.*?\*/", "", text, flags=re.S))
    return {
        (selector.strip().replace(letters, ""), declaration.strip())
        for selectors, body in rules
        for selector in selectors.split(",")
        for declaration in body.split(";")
        if declaration.strip()
    }


def test_what_explorers_share_stands_in_one_file():
    base = declarations("base.css", ".course-explorer")
    ours, theirs = (
        declarations("attention_explorer.css", ".ax"),
        declarations("next_word.css", ".nw"),
    )
    assert min(map(len, (base, ours, theirs))) > 20
    assert ours & theirs == set() and base & (ours | theirs) == set()


@pytest.mark.parametrize("name", ["attention_explorer.css", "next_word.css"])
def test_the_order_of_styles_does_not_count(name):
    """A page with two explorers holds base.css twice, the second time after the first one's own."""
    letters = ".ax" if name.startswith("attention") else ".nw"
    base = {(s, d.partition(":")[0]) for s, d in declarations("base.css", ".course-explorer")}
    own = {(s, d.partition(":")[0]) for s, d in declarations(name, letters)}
    assert base & own == set()
