"""Run the lessons and store their outputs, or compare them."""
