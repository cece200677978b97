# Every target sets itself up: the first run creates .venv and installs its dependencies there.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8010
ARGS ?= -q -n auto
MUTANTS ?=
MINUTES ?= 15
SEEDS ?= 20000
PYTHONS ?= 3.10 3.11 3.12 3.13 3.14
SMOKE ?= tests/cli tests/interception tests/mcp_server tests/pytest_plugin tests/support tests/test_options.py

.PHONY: help serve test test-lowest test-pythons $(PYTHONS:%=test-python-%) mutants clients ecosystem browser screenshots lint bench harden simulate docs site fidelity dist lock clean

help:
	@echo "make serve        run the emulator on http://127.0.0.1:$(PORT)"
	@echo "make test         run the test suite"
	@echo "make test-lowest  run a part of the suite with the lowest versions that setup.cfg allows"
	@echo "make test-pythons run the suite with each of Python $(PYTHONS)"
	@echo "make mutants      change the code in thousands of places and list the changes that no test notices"
	@echo "make clients      run clients in seven languages against the emulator, and update their table"
	@echo "make dist         build wheel and sdist in dist/, and check them and the images as users get them"
	@echo "make lock         update requirements-dev.lock, the versions of the development environment"
	@echo "make lint         run ruff and mypy --strict, check the types that users see, the images and the CI recipes"
	@echo "make ecosystem    run the tests beside other frameworks, mock libraries and pytest plugins, and all examples"
	@echo "make browser      test the inspector and the example of a front end in chromium"
	@echo "make screenshots  take the pictures of the inspector in docs/"
	@echo "make bench        run the benchmarks and print their table"
	@echo "make harden       attack a server for $(MINUTES) minutes, and check what it promises"
	@echo "make simulate     simulate servers that share a state, with $(SEEDS) seeds"
	@echo "make fidelity     compare the emulator with the recordings in fixtures/"
	@echo "make docs         update the generated tables in docs/ and the types of keyword arguments"
	@echo "make site         build the documentation site in build/site, and check its links"
	@echo "make clean        remove .venv and build files"

serve: $(VENV)/core
	$(BIN)/notify-mock serve --port $(PORT)

test: $(VENV)/test
	$(BIN)/python -m pytest $(ARGS)

# run-in FOLDER,PYTHON,OPTIONS,TESTS: run tests in an environment of their own, installed with options of uv.
define run-in
	$(BIN)/uv venv --quiet --clear --python $(2) $(1)
	$(BIN)/uv pip install --quiet --python $(1)/bin/python $(3) -e '.[test]'
	$(1)/bin/python -m pytest $(ARGS) $(4)
endef

# find VERSION: the Python of that version, on the PATH or in pyenv's folder. Empty if there is none.
find = $(firstword $(shell for python in python$(1) $$HOME/.pyenv/versions/$(1).*/bin/python; do \
	"$$python" -c 'import sys; print(sys.executable)' 2>/dev/null; done))

# Old versions of requests and urllib3 leave sockets to the garbage collector, which is no fault of ours.
LENIENT := -W ignore::pytest.PytestUnraisableExceptionWarning

test-lowest: $(VENV)/bin/uv
	$(call run-in,.pythons/lowest,$(or $(call find,$(firstword $(PYTHONS))),$(BIN)/python),--resolution lowest-direct,$(SMOKE) $(LENIENT))

test-pythons: $(PYTHONS:%=test-python-%)

$(PYTHONS:%=test-python-%): test-python-%: $(VENV)/bin/uv
	$(if $(call find,$*),$(call run-in,.pythons/$*,$(call find,$*)),@echo "Python $*: not found, untested")

mutants: $(VENV)/mutants
	rm -rf mutants
	$(BIN)/mutmut run $(MUTANTS)
	@$(BIN)/mutmut results | grep -v ': not checked' || echo "every mutant was killed"

clients: $(VENV)/test
	$(BIN)/python -m clients

dist: .dist/done
	.dist/bin/python -m release

# The lowest Python decides which versions there are: later ones have them too.
lock: $(VENV)/bin/uv
	$(BIN)/uv pip compile --quiet --universal --upgrade --python-version $(firstword $(PYTHONS)) --custom-compile-command "make lock" \
		--no-emit-index-url --no-emit-find-links --extra bench --extra lint --extra mutants --extra test --output-file requirements-dev.lock setup.cfg

ecosystem: .ecosystem/done
	.ecosystem/bin/python -m pytest -p no:asyncio $(ARGS) tests/ecosystem tests/server/test_environments.py examples

# Without npm, the checks of accessibility and of the Express example are skipped with a reason.
browser: .browser/done
	AXE=.browser/node_modules/axe-core/axe.min.js .browser/bin/python -m pytest $(ARGS) tests/browser

screenshots: .browser/done
	.browser/bin/python tests/browser/screenshots.py

lint: $(VENV)/lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/hadolint Containerfile examples/Containerfile
	$(BIN)/python -m pytest -q tests/test_typing.py tests/test_recipes.py

bench: $(VENV)/bench
	$(BIN)/python -m benchmarks

harden: .harden/done
	.harden/bin/python -m harden --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

simulate: $(VENV)/core
	$(BIN)/python -m simulation --seeds $(SEEDS) $(if $(SEED),--seed $(SEED))

fidelity: $(VENV)/core
	$(BIN)/notify-mock cassette diff --details fixtures

docs: $(VENV)/core
	$(BIN)/python -m docs.generate
	$(BIN)/python -m docs.keywords

site: .site/done
	.site/bin/python -m docs.site
	.site/bin/python -m pytest -q -p no:cacheprovider tests/site

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "cannot create a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/bin/uv: | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

$(VENV)/core: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/test $(VENV)/mutants $(VENV)/lint $(VENV)/bench: $(VENV)/%: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,$*]'
	@touch $@

# An environment of its own: schemathesis is also a pytest plugin, and would take part in the tests.
.harden/done: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m venv .harden
	.harden/bin/python -m pip install --quiet --disable-pip-version-check -e '.[harden]'
	@touch $@

.dist/done: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m venv .dist
	.dist/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dist]'
	@touch $@

# An environment of its own: these packages bring pytest plugins, which would take part in the other tests.
.ecosystem/done: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m venv .ecosystem
	.ecosystem/bin/python -m pip install --quiet --disable-pip-version-check -e '.[test,ecosystem]'
	@touch $@

NPM := npm install --silent --no-audit --no-fund --no-package-lock

# An environment of its own: playwright is only for these tests. npm brings axe-core, which is never part of the package,
# and what the Express example needs.
.browser/done: setup.cfg pyproject.toml examples/express/package.json | $(VENV)/bin/python
	$(BIN)/python -m venv .browser
	.browser/bin/python -m pip install --quiet --disable-pip-version-check -e '.[test,browser]'
	mkdir -p .browser/express && cp examples/express/package.json .browser/express
	command -v npm >/dev/null && $(NPM) --prefix .browser axe-core@4 >/dev/null && $(NPM) --prefix .browser/express >/dev/null || echo "npm: not found, neither accessibility nor the Express example is checked" >&2
	@touch $@

# An environment of its own: Sphinx is only for this. playwright tries the search of the site in chromium.
.site/done: setup.cfg pyproject.toml | $(VENV)/bin/uv
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .site
	$(BIN)/uv pip install --quiet --python .site/bin/python -e '.[test,site,browser]'
	@touch $@

clean:
	rm -rf $(VENV) .browser .site .pythons .harden .dist .ecosystem .clients mutants build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
