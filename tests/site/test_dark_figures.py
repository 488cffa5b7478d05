"""Diagrams and curves are ink, which the dark theme inverts; maps and scenes keep their colours."""

import dark_figures
import pytest
from PIL import Image, ImageDraw


@pytest.mark.parametrize(("filled", "ink"), [(0.05, True), (0.3, True), (0.6, False), (1, False)])
def test_what_is_mostly_paper_is_ink(tmp_path, filled, ink):
    picture = Image.new("RGBA", (100, 100), "white")
    ImageDraw.Draw(picture).rectangle((0, 0, 99, 100 * filled - 1), fill="#0072b2")
    picture.save(tmp_path / "a.png")
    assert dark_figures.is_ink(tmp_path / "a.png") is ink
