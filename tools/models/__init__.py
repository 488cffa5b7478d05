"""Train the small models that come with the package, a recipe each."""
