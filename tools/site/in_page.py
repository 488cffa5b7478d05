"""Run the engine's modules in headless Chromium, as a page would."""

import json
from contextlib import contextmanager
from importlib.resources import files

from course_utils.lessons.engine import MODULES
from tools.site.browser import browser
from tools.site.serve import serve

LESSONS = files("course_utils.lessons")
FIRST = f"const [{', '.join(MODULES)}] = await Promise.all({json.dumps(MODULES)}.map("
FIRST += """(name) => import(`/engine/${name}.js`)));
const bytes = async (name) =>
  (await fetch(`/checkpoints/${name}/model.safetensors`)).arrayBuffer();
const tokenizer = async (name) =>
  tokens.readTokenizer(await (await fetch(`/checkpoints/${name}/tokenizer.json`)).json());
const config = async (name) => (await fetch(`/checkpoints/${name}/config.json`)).json();
"""


@contextmanager
def opened():
    """Yield a function that runs a program beside the engine and returns what it returns.

    Raises:
        SystemExit: no Chromium is installed.
    """
    with serve(LESSONS) as address, browser() as tab:
        yield programs(tab.open(address))


def programs(page):
    """Return a function that runs a program beside the engine and returns what it returns.

    Args:
        page: Playwright's, of an address where the lessons' folder is served.
    """

    def run(program: str, **given):
        take = f"const {{{', '.join(given)}}} = JSON.parse(given);"
        body = f"const main = async () => {{\n{FIRST}{take}\n{program}\n}};"
        code = f"async (given) => {{ {body} return JSON.stringify(await main()); }}"
        return json.loads(page.evaluate(code, json.dumps(given)))  # text: many numbers

    return run
