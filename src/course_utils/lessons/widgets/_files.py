"""The files beside the widgets: each one's script with all that it imports, and its style."""

import json
import re
from importlib.resources import files
from posixpath import dirname, join, normpath

from course_utils.lessons import engine, widgets

_IMPORT = re.compile(r'from\s*"(\.[^"]+)"')
CLIENT, WORKER, LINK = (f"engine/{name}.js" for name in ("client", "worker", "link"))
_LOADER = """
const sources = %s;
%s
export default {
  async render(context) {
    const piece = await import(link(sources)["%s"]);
    return piece.default.render({ ...context, sources });
  },
};
"""


FOLDERS = {"engine": files(engine), "widgets": files(widgets)}


def read(path: str) -> str:
    """Return the text of a file of the engine or the widgets, such as "engine/gpt.js"."""
    folder, _, name = path.partition("/")
    return FOLDERS[folder].joinpath(name).read_text(encoding="utf-8")


def sources(path: str) -> dict[str, str]:
    """Return a module and all modules that it needs, by path.

    Args:
        path: below `course_utils/lessons`, as "widgets/playground.js".

    >>> list(sources("engine/sampling.js"))
    ['engine/sampling.js', 'engine/gpt.js', 'engine/weights.js']
    """
    found, left = {}, [path]
    while left:
        path = left.pop()
        if path not in found:
            found[path] = read(path)
            left += [normpath(join(dirname(path), to)) for to in _IMPORT.findall(found[path])]
            left += [WORKER, LINK] * (path == CLIENT)  # it starts the one with the other
    return found


def script(name: str) -> str:
    """Return one module with everything a widget's script needs, for a page without files."""
    path = f"widgets/{name}.js"
    link = read(LINK).replace("export ", "")
    return _LOADER % (json.dumps(sources(path), ensure_ascii=False), link, path)


def style(name: str) -> str:
    """Return the text of base.css and of a widget's own rules."""
    return read("widgets/base.css") + read(f"widgets/{name}.css")
