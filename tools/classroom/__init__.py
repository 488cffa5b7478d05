"""Hand out the assignments, run what comes back in a sandbox, grade it.

release.py            students' copies: no solutions, no hidden tests (`make release`)
grade.py              grade a class (`make grade SUBMISSIONS=folder or zip`)
hand_ins.py           what was handed in: one notebook for each student and assignment
whose.py              whose a file is: our folders, Moodle, Canvas, Blackboard, Brightspace
unpack.py             all files of folders and zips, without trusting a zip
names.py              a person's own name, and a folder for it
read_notebook.py      a notebook as any program saved it, raised to format 4.5
unreadable.py         why a file is no notebook, in words for its student
match_cells.py        cells without nbgrader's mark: which ones they must be
one.py                one submission: taken in, graded when it was run, or said why not
unchanged.py          what was graded before and need not be again
scores.py             grades as the gradebook has them, and as a table
runs.py               as many runs at a time as there is room for, here or on a cluster, each kept
progress.py           how far it is, and how to stop
nbgrader_steps.py     for each: put back what was changed, take what was run
work.py               a notebook to be run, with all it depends on, and its run in the sandbox
sandbox.py            run a command with limits, isolated where the system allows it
bubblewrap.py         how it is isolated by bubblewrap
namespaces.py         how it is isolated without bubblewrap
run_submission.py     inside the sandbox: run the notebook, print it with its outputs
feedback.py           formulas and safety of the pages for students
nbgrader_settings.py  where things are, nbgrader's settings
samples.py            submissions whose points are known: right, half right, hostile
grade_samples.py      grade them (`make grade`)
"""
