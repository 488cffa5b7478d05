"""Run each lesson alone, with the versions that Colab has."""
