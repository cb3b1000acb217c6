# Two commands matter: `make run` opens the app over two demo cameras, `make test` proves what it shows. Each sets
# everything up.
# No recipe but that of the lock file needs a shell, so that make does the same on Windows.
# Building the web app takes Node 20 or newer; whoever installs the wheel needs none, for the built app is in it.
VENV := .venv
STAMP := $(VENV)/.ready
DRIVERS := .drivers
ifeq ($(OS),Windows_NT)
PYTHON ?= python
SCRIPTS := Scripts
NPM ?= npm.cmd
else
PYTHON ?= python3
SCRIPTS := bin
NPM ?= npm
endif
BIN := $(VENV)/$(SCRIPTS)
REMOVE := $(PYTHON) -c "import shutil, sys; [shutil.rmtree(path, ignore_errors=True) for path in sys.argv[1:]]"

# Kept from writing down what it has compiled, Python would do so anew in every process: most commands took twice as long.
export PYTHONDONTWRITEBYTECODE :=

WEB := src/mien/service/web
BUNDLE := $(WEB)/index.html
NODE_STAMP := web/node_modules/.package-lock.json
WEB_SOURCES := $(wildcard web/*.* web/public/* web/src/* web/src/*/* web/src/*/*/*)

# What is older, or not there, cannot build the app, and fails in ways that do not say so.
NODE_FITS := import shutil, subprocess, sys; \
	node = shutil.which('node') if shutil.which('$(NPM)') else None; \
	told = subprocess.run([node, '--version'], capture_output=True, text=True).stdout.strip() if node else 'none'; \
	is_new = bool(node) and tuple(map(int, told[1:].split('.')[:2])) >= (20, 19); \
	sys.exit(0 if is_new else 'the web app is built with Node 20.19 or newer, and here is ' + told + ': see https://nodejs.org')

.PHONY: setup app api run test lint style types pytest vitest web browsers display screenshots exhaustive drivers bench lock clean

setup: $(STAMP) $(BUNDLE)

# The web app as `mien serve` shows it.
app: $(BUNDLE)

# npm writes the stamp itself, when all is in place.
$(NODE_STAMP): web/package-lock.json
	$(PYTHON) -c "$(NODE_FITS)"
	$(NPM) --prefix web ci --loglevel=error

$(BUNDLE): $(NODE_STAMP) $(WEB_SOURCES)
	$(NPM) --prefix web run --silent build -- --logLevel warn

# The app at http://localhost:5173, showing what is changed at once, over a service at port 8000.
web: $(NODE_STAMP)
	$(NPM) --prefix web run --silent dev

# What the app knows of the API, made anew from the service as it is.
api: $(STAMP) $(NODE_STAMP)
	$(BIN)/python -m tests.support.description

# Python compiles what is imported: of most packages, torch above all, that is a small part.
$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(0 if sys.version_info >= (3, 11) else 'mien needs Python 3.11 or newer, this is ' + sys.version.split()[0])"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	$(PYTHON) -c "import pathlib; pathlib.Path('$(STAMP)').touch()"

# The app at http://127.0.0.1:8000, until Ctrl-C.
run: setup
	$(BIN)/mien serve --demo

# Style is told at once; types and the parts of the web app are checked beside the tests, which wait for one another.
test: setup style
	$(MAKE) -j2 types pytest vitest

# One process per core, up to four: each loads the networks anew. The tests of a file share what they set up. Files run in
# their order: files of one long test would else come last, one process waiting for the other. One thread each: those of
# OpenMP wait for one another, and where two processes have two of them each on two cores, four times as long.
pytest: export OMP_NUM_THREADS := 1
pytest: setup
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

vitest: $(NODE_STAMP)
	$(NPM) --prefix web run --silent test

# Chromium for the tests in a real browser, which are skipped without one.
browsers:
	$(PYTHON) tests/support/install_debian.py browsers

# A screen without a monitor, and keys for it, for the tests of the window, which are skipped without them.
display:
	$(PYTHON) tests/support/install_debian.py display

# The pictures of the app in docs/images/app, and of the window in docs/images/desk.
screenshots: setup
	$(BIN)/python -m tests.browser.screenshots
	$(BIN)/python -m tests.desk.screenshots

# What `make test` says of one model of a family, or of one network of the lab, said of all the others; and the API asked
# for what its description allows for minutes.
exhaustive:
	$(MAKE) pytest PYTEST_ARGS="-m exhaustive"

# The drivers of depth cameras that there are wheels of, beside everything else, and whether their stand-ins in the tests
# still have nothing that the drivers have not.
drivers: export PYTHONPATH := $(DRIVERS)
drivers: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --upgrade \
		--target $(DRIVERS) "pyrealsense2>=2.55" "depthai>=3.0"
	$(BIN)/python -m pytest -rs tests/sources/depth/test_devices.py

lint: style types

style: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: setup
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

# Writes the lock file anew from pyproject.toml: names and versions only, no addresses, and no word of which build of
# torch this machine took. What is needed on Windows alone would be missing wherever else it is written, so it is
# installed by name and marked.
WINDOWS_ONLY := colorama pywin32-ctypes
LOCKING := .venv-lock
MARK := import sys; only = sys.argv[1:]; mark = '; sys_platform == \"win32\"'; \
	print(*(line.strip().partition('+')[0] + mark * (line.split('==')[0].lower() in only) for line in sys.stdin), sep='\n')

lock:
	$(PYTHON) -m venv --clear $(LOCKING)
	$(LOCKING)/$(SCRIPTS)/python -m pip install --quiet --disable-pip-version-check -e .[dev,lab] $(WINDOWS_ONLY) \
	&& $(LOCKING)/$(SCRIPTS)/python -m pip freeze --exclude-editable > $(LOCKING)/lock \
	&& $(PYTHON) -c "$(MARK)" $(WINDOWS_ONLY) < $(LOCKING)/lock > requirements.lock \
	|| ($(REMOVE) $(LOCKING) && exit 1)
	$(REMOVE) $(LOCKING)

clean:
	$(REMOVE) $(VENV) $(LOCKING) $(DRIVERS) demo-output web/node_modules $(WEB)
