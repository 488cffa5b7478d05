"""The map of the course: a link for each lesson, an arrow for each nearest need, none upwards."""

import re
from itertools import pairwise

import lesson_map
import pytest

from tools.notebooks import order

CHAPTERS = order.chapters()
LESSONS = order.lessons()
WANTED = {lesson.slug: order.nearest(lesson, LESSONS) for lesson in LESSONS}


@pytest.fixture
def drawing():
    """Return the map with links that say where they lead."""
    return lesson_map.drawing(CHAPTERS, lambda page: f"to/{page}")


def test_each_lesson_is_a_link_with_its_title_in_the_order_of_the_book(drawing):
    links = [a for a in drawing.iter("a") if "data-page" in a.attrib]
    assert [a.find("text").text for a in links] == [lesson.title for lesson in LESSONS]
    assert [a.get("href") for a in links] == [f"to/notebooks/{x.slug}" for x in LESSONS]
    heights = [float(a.find("rect").get("y")) for a in links]
    assert all(after - before >= lesson_map.STEP for before, after in pairwise(heights))


def test_each_nearest_need_is_one_arrow_downwards(drawing):
    tips = [path for path in drawing.iter("path") if path.get("class") == "tip"]
    assert len(tips) == sum(map(len, WANTED.values())) > len(LESSONS) / 2
    for line in (path for path in drawing.iter("path") if path.get("class") == "line"):
        start, *ends = [float(y) for y in re.findall(r"M[\d.]+ ([\d.]+)", line.get("d"))]
        assert ends and min(ends) > start


def test_lines_in_one_lane_do_not_touch():
    _, rows, _ = lesson_map.places([chapter for chapter in CHAPTERS if chapter.lessons])
    lanes = lesson_map.lanes_of(WANTED, rows)
    spans = {}
    for slug, lane in lanes.items():
        end = max(rows[other] for other, needs in WANTED.items() if slug in needs)
        spans.setdefault(lane, []).append((rows[slug], end))
    for found in spans.values():
        assert all(one[1] < two[0] for one, two in pairwise(sorted(found)))


def test_no_two_lanes_share_a_colour():
    _, rows, _ = lesson_map.places([chapter for chapter in CHAPTERS if chapter.lessons])
    assert max(lesson_map.lanes_of(WANTED, rows).values()) < lesson_map.SHADES
