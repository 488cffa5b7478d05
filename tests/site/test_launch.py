"""The buttons of a page work on the repository's host, and those that cannot are not there."""

import json

import pytest
from bs4 import BeautifulSoup
from small_book import SmallBook

CONF = """
extensions = ["myst_nb", "launch"]
root_doc = "lesson"
html_theme = "sphinx_book_theme"
nb_execution_mode = "off"
source_suffix = {".ipynb": "myst-nb"}
html_theme_options = {
    "repository_url": ADDRESS, "repository_branch": "trunk", "path_to_docs": "",
    "use_repository_button": True, "use_issues_button": True, "use_edit_page_button": False,
    "launch_buttons": {"notebook_interface": "jupyterlab", "binderhub_url": "https://mybinder.org",
        "colab_url": "https://colab.research.google.com", "thebe": False}}
"""
LESSON = {
    "cells": [{"cell_type": "markdown", "metadata": {}, "id": "title", "source": "# Lesson"}],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}
BINDER = "https://mybinder.org/v2/{}/trunk?urlpath=lab/tree/lesson.ipynb"
COLAB = "https://colab.research.google.com/github/a/b/blob/trunk/lesson.ipynb"
ISSUE = "/issues/new?"


@pytest.mark.parametrize(
    ("address", "binder", "colab", "issue"),
    [
        ("https://github.com/a/b", "gh/a/b", [COLAB], ISSUE),
        ("https://gitlab.com/a/b", "gl/a%2Fb", [], f"/-{ISSUE}"),
        ("https://gitlab.com/a/b/c", "gl/a%2Fb%2Fc", [], f"/-{ISSUE}"),
        (
            "https://github.uni.example/a/b",
            "git/https%3A%2F%2Fgithub.uni.example%2Fa%2Fb",
            [],
            ISSUE,
        ),
        ("https://codeberg.org/a/b", "git/https%3A%2F%2Fcodeberg.org%2Fa%2Fb", [], None),
        ("https://git.uni.example/a/b", "git/https%3A%2F%2Fgit.uni.example%2Fa%2Fb", [], None),
    ],
)
def test_each_host_has_the_buttons_that_work_there(tmp_path, address, binder, colab, issue):
    book = SmallBook(tmp_path, CONF.replace("ADDRESS", repr(address)))
    book.write("lesson.ipynb", json.dumps(LESSON))
    book.build()
    header = BeautifulSoup(book.page("lesson"), "html.parser").select(".bd-header-article a[href]")
    links = [link["href"] for link in header if link["href"].startswith("https:")]
    assert [link for link in links if "mybinder" in link] == [BINDER.format(binder)]
    assert [link for link in links if "colab" in link] == colab
    assert [link for link in links if "issues" in link][:1] == [
        link for link in links if issue and link.startswith(address + issue)
    ]
    assert address in links
    [source] = [a for a in header if a["href"] == address]
    assert bool(source.select(".fa-git-alt")) == (issue is None), "no other host's mark"
