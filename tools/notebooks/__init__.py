"""Run the lessons and store their outputs, or compare them.

execute.py        run lessons whose stored outputs are not of today's code (`make execute`)
compare.py        run all lessons and compare each output with what is stored (in `make test`)
stamps.py         on which code and versions a notebook's outputs stand
two_at_once.py    run things for several lessons, two at once, with one thread each
setup_cell.txt    the first cell of every lesson, which installs the package in Colab
"""
