"""Around the built book.

build.py            the book, by Jupyter Book (`make book`)
browser.py          look at a page in headless Chromium
check_links.py      ask every address whether it is still there (`make links`)
fonts.py            a font with only the letters in use
front_ends.py       what the slides take from an installed package: MathJax
make_slides.py      lessons as reveal.js slides (`make slides`)
preview.py          the book with Sphinx 9 (`make preview`)
publish_address.py  the repository's address in all files (`make publish-address`)
repository.py       what an address of a repository is, and what can open it
serve.py            the built site on this machine (`make view`)
turns.py            one build at a time
vendor_assets.py    fetch third-party scripts again
weight.py           what a page weighs at a first visit
"""
