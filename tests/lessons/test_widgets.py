"""Widgets: what they hold, what they refuse, and that the page computes what Python computes."""

import math
import re
from importlib.resources import files

import pytest
import torch
from alive import alive, modules
from lesson import cells
from playwright.sync_api import expect

from course_utils.attention import attention
from course_utils.lessons.widgets import pieces
from course_utils.lessons.widgets._files import script, sources, style
from course_utils.lessons.widgets.pieces import AttentionExplorer
from course_utils.runtime import CourseError

WIDGETS = files("course_utils.lessons.widgets")


@pytest.fixture(scope="module")
def page(chromium):
    with modules(chromium, "attention_explorer") as run:
        yield run


def test_traits_are_shared_with_the_page():
    explorer = AttentionExplorer(causal=True, q=[[1, 2], [3, 4], [5, 6]])
    state = explorer.get_state()
    assert {"q", "k", "v", "causal", "scale", "_esm", "_css"} <= set(state)
    assert state["q"] == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]] and state["causal"] is True
    assert state["_esm"] == script(state["_piece"]) and state["_css"] == style(state["_piece"])
    explorer.set_state({"v": [[0, 0], [0, 0], [0, 3]], "scale": False})
    assert explorer.v[2] == [0.0, 3.0] and explorer.scale is False


def test_the_explorer_starts_with_the_lessons_numbers():
    lesson = {}
    exec(cells("attention_by_hand")["three-words"], lesson)
    explorer = AttentionExplorer()
    assert [lesson[name] for name in "QKV"] == [explorer.q, explorer.k, explorer.v]


@pytest.mark.parametrize(
    "rows",
    [
        [[1, 2]],
        [[1], [2], [3]],
        [[1, 2, 3]] * 3,
        [[1, math.nan]] * 3,
        [["1", "2"]] * 3,
        [[1, 100.5]] * 3,
        [[1, -1e308]] * 3,
    ],
)
def test_other_shapes_are_refused(rows):
    with pytest.raises(CourseError, match="expected k as 3 rows of 2 numbers from -100 to 100"):
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
def test_the_page_computes_what_the_package_computes(page, causal, scale):
    q, k, v = (3 * torch.randn(3, 3, 2, dtype=torch.float64)).tolist()
    options = {"causal": causal, "scale": scale}
    shown = page("attention_explorer.attend(q, k, v, options)", q=q, k=k, v=v, options=options)
    q, k, v = (torch.tensor(m, dtype=torch.float64) for m in (q, k, v))
    output, weights = attention(q if scale else q * math.sqrt(2), k, v, causal=causal)
    assert torch.allclose(torch.tensor(shown["weights"], dtype=torch.float64), weights, atol=1e-12)
    assert torch.allclose(torch.tensor(shown["outputs"], dtype=torch.float64), output, atol=1e-12)
    assert (shown["scores"][0][2] == "-Infinity") is causal
    explorer = AttentionExplorer(
        q=q.tolist(), k=k.tolist(), v=v.tolist(), causal=causal, scale=scale
    )
    assert torch.allclose(explorer.weights, weights) and torch.allclose(explorer.output, output)


def test_page_and_python_start_from_the_same_numbers(page):
    explorer = AttentionExplorer()
    assert page('attention_explorer.PRESETS["the lesson\'s numbers"]') == {
        "q": explorer.q,
        "k": explorer.k,
        "v": explorer.v,
    }


def test_numbers_and_words_on_the_page(page):
    assert page("[-0.001, -1.5, 2, -Infinity].map(attention_explorer.format)") == [
        "0.00",
        "−1.50",
        "2.00",
        "−∞",
    ]
    assert "w₁ looks most at w₁ and w₃ (0.40)" in page(
        "attention_explorer.summary([[0.4, 0.2, 0.4], [1, 0, 0], [0, 1, 0]])"
    )


def test_numbers_on_the_squares_can_be_read(page):
    for colour in page("Array.from({length: 101}, (_, i) => attention_explorer.heat(i / 100))"):
        ink = 1.0 if colour["color"] == "#fff" else 0.0
        light, dark = sorted((luminance(colour["background"]), ink), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, colour


def luminance(rgb: str) -> float:
    parts = [int(x) / 255 for x in re.findall(r"\d+", rgb)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return sum(a * b for a, b in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("piece", pieces.ALL, ids=lambda piece: piece.piece)
def test_a_piece_asks_nobody_for_anything(piece):
    texts = [text for path, text in sources(f"widgets/{piece.piece}.js").items() if ours(path)]
    texts.append(style(piece.piece))
    addresses = set(re.findall(r"https?://[^\"')\s]+", "".join(texts)))
    assert addresses <= {"http://www.w3.org/2000/svg"}  # a name, never fetched
    assert not re.search(r"\b(fetch|XMLHttpRequest|@import)\b|url\(", "".join(texts))


def ours(path: str) -> bool:
    return "/vendor/" not in path


def declarations(name: str) -> set[tuple[str, str]]:
    """Return the pairs of selector and declaration in a style, its own letters left out."""
    text = re.sub(r"/\*.*?\*/", "", WIDGETS.joinpath(name).read_text(encoding="utf8"), flags=re.S)
    letters = ".course-explorer" if name == "base.css" else re.search(r"\.[a-z]+", text)[0]
    return {
        (selector.strip().replace(letters, ""), declaration.strip())
        for selectors, body in re.findall(r"([^{}]+)\{([^}]*)\}", text)
        for selector in selectors.split(",")
        for declaration in body.split(";")
        if declaration.strip()
    }


STYLES = [f"{piece.piece}.css" for piece in pieces.ALL]


def test_what_explorers_share_stands_in_one_file():
    base = declarations("base.css")
    own = [declarations(name) for name in STYLES]
    assert min(map(len, (base, *own))) >= 3
    assert all(base & ours == set() for ours in own)


@pytest.mark.parametrize("name", STYLES)
def test_the_order_of_styles_does_not_count(name):
    """A page with two explorers holds base.css twice, the second time after the first one's own."""
    base = {(s, d.partition(":")[0]) for s, d in declarations("base.css")}
    own = {(s, d.partition(":")[0]) for s, d in declarations(name)}
    assert base & own == set()


Q = "query of token 1, component 1"
K = "key of token 2, component 1"


def test_a_number_that_is_too_large_is_told_and_never_used(chromium, tmp_path):
    with alive(chromium, tmp_path, AttentionExplorer()) as page:
        box, told = page.get_by_label(Q), page.get_by_role("status")
        first = told.inner_text()
        for typed in ("1e308", "-100.5"):
            box.fill(typed)
            expect(told).to_have_text(
                f"Expected a number from −100 to 100, got {typed}: everything else still shows 1."
            )
            expect(box).to_have_attribute("aria-invalid", "true")
        box.blur()
        expect(told).to_have_text("Expected a number from −100 to 100: the box is back at 1.")
        expect(box).to_have_value("1")
        box.fill("2")
        expect(told).to_contain_text("w₁ looks most at w₁")
        box.fill("1")
        expect(told).to_have_text(first)
        assert "NaN" not in page.locator("main").inner_html()


@pytest.mark.parametrize("number", ["100", "-100", "1e-320", "0"])
def test_the_largest_and_the_smallest_numbers(chromium, tmp_path, number):
    explorer = AttentionExplorer()
    with alive(chromium, tmp_path, explorer) as page:
        page.get_by_label(Q).fill(number)
        page.get_by_label(K).fill(number)
        q, k = ([list(row) for row in rows] for rows in (explorer.q, explorer.k))
        q[0][0] = k[1][0] = float(number)
        explorer.q, explorer.k = q, k
        shown = page.locator("table", has_text="weights: each row").locator("tbody td")
        expect(shown).to_have_text([f"{x:.2f}" for x in explorer.weights.flatten().tolist()])
        assert not re.search("NaN|Infinity", page.locator("main").inner_html())


def test_a_point_is_dragged(chromium, tmp_path):
    with alive(chromium, tmp_path, AttentionExplorer()) as page:
        point = page.locator(".ax-q circle").first
        point.hover()
        page.mouse.down()
        page.mouse.move(5, 5)  # far outside the plane
        page.mouse.up()
        expect(page.get_by_label(Q)).to_have_value("-3")


def test_the_still_picture_holds_the_weights():
    assert "<td>0.67</td>" in AttentionExplorer(causal=True).still()
