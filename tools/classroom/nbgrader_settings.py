"""The course folder as nbgrader sees it: settings, its API, names of assignments and cells."""

import os
import sys
import warnings
from pathlib import Path

from nbgrader.apps.api import NbGraderAPI
from nbgrader.apps.nbgraderapp import NbGrader
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

ROOT = Path(__file__).resolve().parents[2]
COURSE = ROOT / "notebooks" / "assignments"
OUT = ROOT / "_build" / "classroom"


def settings(course: Path, out: Path) -> Config:
    """Read a course folder's nbgrader_config.py, with another place for what is made."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    config.CourseDirectory.root = str(out)
    config.CourseDirectory.source_directory = str(course / "source")
    return config


def api(config: Config) -> NbGraderAPI:
    """Return nbgrader with these settings; its folder of products exists."""
    Path(config.CourseDirectory.root).mkdir(parents=True, exist_ok=True)
    programs = str(Path(sys.executable).parent)  # nbgrader calls alembic by its bare name
    if programs not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([programs, os.environ["PATH"]])
    warnings.filterwarnings("ignore", module="nbgrader")  # SQLAlchemy's, about nbgrader's code
    app = NbGrader(config=config)
    app.log.setLevel("ERROR")
    return NbGraderAPI(CourseDirectory(parent=app), parent=app)


def names(course: Path) -> list[str]:
    """Return the assignments that have a source."""
    return sorted(p.parent.name for p in (course / "source").glob("*/*.ipynb"))


def grade_id(cell) -> str | None:
    """Return nbgrader's name of a cell."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def editable(cell) -> bool:
    """Say whether a student may change what is in a cell."""
    return cell.metadata["nbgrader"].get("solution", False)
