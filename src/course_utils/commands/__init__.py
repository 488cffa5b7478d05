"""What the command line can do, a module a command; `course_utils.__main__` calls them."""
