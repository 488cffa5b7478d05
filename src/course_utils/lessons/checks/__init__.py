"""One check per exercise: a line of praise, or what is wrong and what to look at next.

Each module is named after its lesson. A check never prints the answer; it compares with an
oracle of its own, tries an edge case and a fresh random input, and returns True or False.
"""
