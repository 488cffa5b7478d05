"""What authors and teachers run: a room for each trade, and what runs all tests."""
