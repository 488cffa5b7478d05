"""Run the script of a widget in Node, as the page would."""

import base64
import json
import shutil
import subprocess

import pytest


def in_node(script: str, expression: str):
    """Import a module's text as `page` and return the value of an expression about it."""
    if not shutil.which("node"):
        pytest.skip("node is not installed, so the page's arithmetic cannot be run here")
    address = "data:text/javascript;base64," + base64.b64encode(script.encode()).decode()
    code = f"import * as page from '{address}'; console.log(JSON.stringify({expression}));"
    run = subprocess.run(
        ["node", "--input-type=module", "-"], input=code, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)
