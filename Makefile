# `make help` lists the targets. README.md gives the same steps without make.
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
TORCH_INDEX := https://download.pytorch.org/whl/cpu
# Any folder's name and any text, whatever the locale says: Python finds the package by a file that
# it reads as the locale says, even in its UTF-8 mode.
export PYTHONUTF8 := 1
ifneq ($(shell locale charmap 2>/dev/null),UTF-8)
export LC_ALL := C.UTF-8
endif
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help setup book test lab view execute links slides offline epub pdf release grade colab publish-address bench checkpoints versions lens preview constraints clean clean-all

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## make .venv and install everything (again when requirements change)
	@echo "Ready: $(VENV)"

# Two installs into one folder would break each other: the second waits. The lock is the shell's
# open file, so it ends with the shell.
define WAIT
try:
    import fcntl
    fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)
except ImportError:  # Windows
    pass
except BlockingIOError:
    print("Another make is installing here: this one waits for its end.", flush=True)
    fcntl.flock(9, fcntl.LOCK_EX)
endef
export WAIT

# A Python that fits: $$PYTHON, else the newest of 3.11 to 3.13 that can make an environment.
$(STAMP): requirements.txt constraints.txt pyproject.toml
	@fits() { "$$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; }; \
	if [ -n "$$PYTHON" ]; then \
	  fits "$$PYTHON" || { echo "PYTHON=$$PYTHON is not a Python 3.11, 3.12 or 3.13 with venv: name another, or leave PYTHON out." >&2; exit 1; }; \
	  found="$$PYTHON"; \
	else \
	  for p in python3.13 python3.12 python3.11 python3 python; do if fits $$p; then found=$$p; break; fi; done; \
	  [ -n "$$found" ] || { echo "No Python 3.11, 3.12 or 3.13 with venv was found: install one, or run 'make $(MAKECMDGOALS) PYTHON=/path/to/python3'." >&2; exit 1; }; \
	fi; \
	mkdir -p _build && exec 9>_build/.setup && "$$found" -c "$$WAIT" || exit 1; \
	if [ -f $@ ] && [ -z "$$(find $^ -newer $@)" ]; then exit 0; fi; \
	if [ -n "$$PYTHON" ] || ! fits $(BIN)/python; then "$$found" -m venv --clear $(VENV) || exit 1; fi; \
	echo "Installing into $(VENV): about 2 GB on disk, some minutes. pip names each package as it"; \
	echo "comes, and then writes all of them to the disk without a word, which takes a minute or two."; \
	if $(BIN)/python -c 'import signal, urllib.request as u; getattr(signal, "alarm", id)(3); u.urlopen("$(TORCH_INDEX)", timeout=3)' >/dev/null 2>&1; \
	then index="--extra-index-url $(TORCH_INDEX)"; else index=""; fi; \
	$(BIN)/python -m pip install --disable-pip-version-check $$index -r requirements.txt && \
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps -e . && \
	touch $@ && echo "Installed."

book: $(STAMP) ## build the site, say where it is (EXECUTE=1: run every lesson first)
	@$(BIN)/python -m tools.site.build $(if $(EXECUTE),--execute)

test: $(STAMP) ## lint, unit tests, notebooks compared with their outputs, the site
	@$(BIN)/python -m tools.test_all

lab: $(STAMP) ## open JupyterLab on the lessons
	@$(BIN)/jupyter lab notebooks

view: $(STAMP) ## serve the built site at http://127.0.0.1:8000 (PORT=8000)
	@$(BIN)/python -m tools.site.serve --port '$(PORT)'

execute: $(STAMP) ## run lessons that changed and store their outputs (NB=notebooks/x.ipynb: this one)
	@$(BIN)/python -m tools.notebooks.execute $(NB)

links: $(STAMP) ## ask every address in the book whether it is still there (needs the network)
	@$(BIN)/python -m tools.site.check_links

slides: $(STAMP) ## make reveal.js slides of lessons in _build/slides (NB=notebooks/x.ipynb for one)
	@$(BIN)/python -m tools.site.make_slides $(NB)

offline: book ## pack the site into a zip that opens from a stick: _build/inside-gpt-4v.zip
	@$(BIN)/python -m tools.site.make_offline

epub: book ## make an e-book of the site: _build/inside-gpt-4v.epub
	@$(BIN)/python -m tools.site.make_epub

pdf: book ## print the site into one PDF (needs Chromium): _build/inside-gpt-4v.pdf
	@$(BIN)/python -m tools.site.make_pdf

release: $(STAMP) ## make the students' copies of the assignments in _build/classroom/release
	@$(BIN)/python -m tools.classroom.release

grade: $(STAMP) ## grade SUBMISSIONS=folder or class.zip; default: samples (JOBS=2 AGAIN=1 SCHEDULER=tcp://…)
	@$(BIN)/python -m tools.classroom.$(if $(SUBMISSIONS),grade '$(SUBMISSIONS)' $(if $(AGAIN),--again),grade_samples) \
	  $(if $(JOBS),--jobs '$(JOBS)') $(if $(SCHEDULER),--scheduler '$(SCHEDULER)')

colab: $(STAMP) ## run each lesson alone with Colab's versions (PYTHON=python3.13; QUICK=1: a part)
	@$(BIN)/python -m tools.colab $(if $(PYTHON),--python $(PYTHON)) $(if $(QUICK),--quick) $(if $(TODAY),--today)

publish-address: ## set the repository's address everywhere (URL=https://github.com/you/fork)
	@$(if $(wildcard $(BIN)/python),$(BIN)/python,python3) -m tools.site.publish_address -- "$$URL"

bench: $(STAMP) ## measure speed beside peers and print the table
	@$(BIN)/python -m benchmarks

checkpoints: $(STAMP) ## train the small models that come with the package
	@$(BIN)/python -m tools.models.make_checkpoints

versions: $(STAMP) ## test the package with other versions (WHICH=oldest, newest or nightly)
	@$(BIN)/python -m tools.versions $(WHICH)

lens: $(STAMP) ## run the lesson on interpretability beside the library transformer-lens
	@$(BIN)/python -m tools.lens

preview: $(STAMP) ## build the book with Sphinx 9, to see what will change
	@$(BIN)/python -m tools.site.preview

constraints: $(STAMP) ## resolve requirements.txt again into constraints.txt
	@$(BIN)/python -m tools.make_constraints

KEPT := executed classroom
clean: ## remove the site and caches; keep .venv, what lessons printed, grades
	rm -rf build dist .pytest_cache .ruff_cache .hypothesis src/*.egg-info
	if [ -d _build ]; then find _build -mindepth 1 -maxdepth 1 $(KEPT:%=! -name %) -exec rm -rf {} +; fi
	find . -name __pycache__ -not -path './$(VENV)/*' -not -path './_build/*' -prune -exec rm -rf {} +

clean-all: clean ## remove what lessons printed and grades, too; keep .venv
	rm -rf _build
