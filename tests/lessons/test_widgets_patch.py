"""The patch explorer: the page cuts as the package does, and tells of each patch what is so."""

import pytest
import torch
from alive import alive, modules
from playwright.sync_api import expect

from course_utils.lessons.scenes import draw, scenes
from course_utils.lessons.widgets.patch_explorer import SIZES
from course_utils.lessons.widgets.pieces import PatchExplorer
from course_utils.runtime import CourseError
from course_utils.vision.patches import patchify, to_floats

PICTURE = torch.randint(0, 256, (3, 48, 48), dtype=torch.uint8)
SCENE = draw(next(scenes(49, "test", things=4)))


def test_what_is_held():
    explorer = PatchExplorer(SCENE, size=16, patch=8)
    assert torch.equal(explorer.numbers, patchify(to_floats(SCENE[None]), 16)[0, 8])
    bundle = explorer._repr_mimebundle_()[0]
    assert bundle["text/plain"] == "PatchExplorer(size=16, patch=8), alive when run"
    assert "9 patches of 16 × 16 pixels, 768 numbers each." in bundle["text/html"]


@pytest.mark.parametrize("given", [{"size": 5}, {"size": 0}, {"patch": -1}, {"patch": 36}])
def test_no_such_patch(given):
    with pytest.raises(CourseError, match="choose"):
        PatchExplorer(SCENE, **given)


def test_size_and_patch_may_come_together():
    explorer = PatchExplorer(SCENE, size=4, patch=143)
    explorer.set_state({"size": 24, "patch": 3})
    assert (explorer.size, explorer.patch) == (24, 3)
    explorer.set_state({"patch": 143, "size": 4})
    assert (explorer.size, explorer.patch) == (4, 143)


@pytest.mark.parametrize("size", SIZES)
def test_the_page_cuts_as_the_package_does(chromium, tmp_path, size):
    """Through the whole of the page: a PNG, its pixels, patches, numbers in a table."""
    cut = patchify(to_floats(PICTURE[None]), size)[0]
    patch = len(cut) // 2
    with alive(chromium, tmp_path, PatchExplorer(PICTURE, size=size, patch=patch)) as page:
        for colour in range(3):
            page.get_by_role("combobox").select_option(str(colour))
            cells = page.get_by_role("region", name="the numbers of the patch").get_by_role("cell")
            numbers = cut[patch].view(3, -1)[colour].tolist()
            assert cells.all_inner_texts() == [f"{x:.2f}".replace("-", "−") for x in numbers]
        length = f"is {cut[patch].norm():.2f}."
        expect(page.locator("p[role=status]")).to_contain_text(length)
        expect(page.locator("p[role=status]")).to_contain_text(f"{3 * size**2} numbers")


def test_every_patch_of_every_size(chromium):
    """All numbers, exactly, and the length of each vector."""
    pixels = torch.cat([PICTURE, torch.full_like(PICTURE[:1], 255)]).permute(1, 2, 0).flatten()
    with modules(chromium, "patch_explorer") as run:
        for size in SIZES:
            expression = (
                "eyes.patchify(pixels, 48, size).map((vector, i) =>"
                " ({ vector: [...vector], facts: patch_explorer.facts(vector, i, size) }))"
            )
            told = run(expression, pixels=pixels.tolist(), size=size)
            cut = patchify(to_floats(PICTURE[None]), size)[0]
            ours = torch.tensor([one["vector"] for one in told])
            assert ours.shape == cut.shape and torch.allclose(ours, cut, atol=1e-6)
            lengths = torch.tensor([one["facts"]["length"] for one in told])
            assert torch.allclose(lengths, cut.norm(dim=1), atol=1e-4)
            for i, (one, vector) in enumerate(zip(told, cut, strict=True)):
                (x, _), (y, _) = one["facts"]["x"], one["facts"]["y"]
                first = to_floats(PICTURE)[0, y, x]
                assert vector[0] == first and one["facts"]["count"] == len(cut), i


def test_by_keyboard_and_by_mouse(chromium, tmp_path):
    with alive(chromium, tmp_path, PatchExplorer(SCENE, patch=16)) as page:
        status = page.locator("p[role=status]")
        expect(status).to_contain_text(
            "Patch 16 of 0 to 35: row 3, column 5, pixels 32 to 39 across"
        )
        page.get_by_role("button", name="patch 16, row 3, column 5").focus()
        for key, patch in (("ArrowRight", 17), ("ArrowRight", 17), ("ArrowDown", 23)):
            page.keyboard.press(key)
            expect(status).to_contain_text(f"Patch {patch} of")
        page.get_by_role("button", name="patch 0, row 1, column 1").hover()
        expect(status).to_contain_text("Patch 0 of 0 to 35")
        page.get_by_role("slider", name="patches of").press("End")
        expect(status).to_contain_text("Patch 0 of 0 to 3: row 1, column 1, pixels 0 to 23 across")
        page.get_by_role("slider", name="patches of").press("Home")
        expect(status).to_contain_text("of 0 to 143")
        assert "NaN" not in page.content()


def test_another_size_keeps_the_place(chromium):
    with modules(chromium, "patch_explorer") as run:
        assert run("patch_explorer.middleOf(8, 35, 24)") == 3
        assert run("patch_explorer.middleOf(24, 0, 8)") == 7
        for size in SIZES:
            last = (48 // size) ** 2 - 1
            assert run(f"patch_explorer.middleOf({size}, {last}, {size})") == last


def test_on_a_phone_nothing_sticks_out(chromium, tmp_path):
    widget = PatchExplorer(SCENE, size=24)
    with alive(chromium, tmp_path, widget, viewport={"width": 390, "height": 800}) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
