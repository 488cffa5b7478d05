"""nbgrader's settings for the graded assignments; `make release` and `make grade` read them too.

Sources lie beside this file. All that is made from them, and all that students hand in, lies in
`_build/classroom/`. Run `nbgrader` from this folder to work with the same gradebook.
"""

from pathlib import Path

HERE = Path(__file__).parent
CLASSROOM = HERE.parents[1] / "_build" / "classroom"

c = get_config()  # noqa: F821  (nbgrader gives it)

c.CourseDirectory.course_id = "inside-gpt-4v"
c.CourseDirectory.root = str(CLASSROOM)
c.CourseDirectory.source_directory = str(HERE / "source")

c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}
c.ClearSolutions.text_stub = "YOUR ANSWER HERE"

# A cell may take this long, the rest of the notebook then goes on. The sandbox around the whole
# run has its own clock (tools/classroom/grade.py).
c.Execute.timeout = 60
c.Execute.interrupt_on_timeout = True
c.LimitOutput.max_lines = 200
