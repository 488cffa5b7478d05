"""Interactive pieces of the lessons, alive in the page: each is a module of this package.

A piece is NAME.py (what it holds), NAME.js (what it does) and NAME.css. Nothing is imported here,
so that a lesson stands on the pieces it shows and on no others; `pieces` has all of them. Left
out: anything a figure can show as well.
"""
