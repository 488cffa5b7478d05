"""The built site that these tests look at: `make test` builds it and names its folder in SITE."""

import os
from pathlib import Path

import pytest

if "SITE" not in os.environ:
    pytest.skip("SITE is not set: `make test` builds a site and sets it", allow_module_level=True)

SITE = Path(os.environ["SITE"]).resolve()
