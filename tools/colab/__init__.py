"""Run each lesson alone, with the versions that Colab has (`make colab`).

__main__.py       the command and its table
environment.py    Colab's versions in a virtual environment, and the package's wheel
lesson.py         one lesson: up to its imports, then whole without a network
loopback.py       brings up the loopback where the network is cut
requirements.txt  Colab's versions, from its published list
"""
