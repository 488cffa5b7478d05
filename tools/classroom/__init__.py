"""Hand out the assignments, run what comes back in a sandbox, grade it.

release.py            students' copies: no solutions, no hidden tests (`make release`)
grade.py              grade a folder of submissions (`make grade SUBMISSIONS=folder`)
unchanged.py          what was graded before and need not be again
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
