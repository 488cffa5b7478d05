"""A small site as Sphinx would have built it: a chapter, and a lesson below it."""

from pathlib import Path

from tools.site.articles import Page

PAGES = [Page("book/chapter", 0), Page("notebooks/lesson", 1)]
CHAPTER = """
<h1>The chapter<a class="headerlink" href="#the-chapter">#</a></h1>
<p id="here">It leads to <a href="../notebooks/lesson.html#exercise">the exercise</a>, to
<a href="../genindex.html">the index</a> and <a href="https://example.org/">elsewhere</a>.</p>
<p>So <span class="math"><span class="katex"><span class="katex-mathml"><math
xmlns="http://www.w3.org/1998/Math/MathML"><semantics><mrow><mi>x</mi></mrow><annotation
encoding="application/x-tex">x</annotation></semantics></math></span><span
aria-hidden="true" class="katex-html">x for the eye</span></span></span>.</p>
<details class="quiz-choice"><summary>A choice</summary><p>No, because.</p></details>
<button>Press</button><script>alert(1)</script>
"""
LESSON = """
<h1>The lesson</h1>
<p>See <a href="../book/chapter.html#here">there</a>.</p>
<img alt="a drawing" src="../_images/drawing.svg">
<section id="exercise"><h2>Exercise: one</h2><p>Write it.</p>
<details><summary>A hint</summary><p>Think.</p></details>
<details><summary>Solution</summary><pre>return 1</pre></details></section>
<section id="next"><h2>What next</h2><p>The last words.</p></section>
"""
DRAWING = """<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"
  "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" width="9" height="9">
<path id="space"/><path d="M0 0"/></svg>
"""


def small_site(folder: Path) -> Path:
    """Write the site into a folder and return it."""
    shell = '<!DOCTYPE html><html lang="en"><head><link rel="stylesheet" href="../_static/a.css">'
    shell += "</head><body><nav>A menu</nav><article class='bd-article'>{}</article></body></html>"
    files = {f"{PAGES[0].name}.html": shell.format(CHAPTER), "_images/drawing.svg": DRAWING}
    files |= {f"{PAGES[1].name}.html": shell.format(LESSON), "_static/a.css": "h1 {color: blue}"}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf8")
    return folder
