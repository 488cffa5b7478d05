"""What authors and teachers run: a room for each trade, and what runs all tests."""

import sys

# nbformat's validator builds a parser of international addresses when it starts, which takes two
# seconds in every process and is never used here; without it, jsonschema skips that one format.
sys.modules.setdefault("rfc3987_syntax", None)
