"""Around the built book: a browser, links, slides, third-party files, the address."""
