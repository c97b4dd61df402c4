# Everything works in .venv/ of this checkout. The only things needed beforehand: Python 3.11 or later, make, and the package index.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: install run test bench show lint judges format-judges clean

install: .venv/installed .venv/kernels

.venv/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) -e .
	touch $@

# The loops of the matcher of names are compiled once (about half a minute). numba looks at the age of the file of each loop only, so what it kept goes when any of them changes.
.venv/kernels: .venv/installed $(wildcard src/custodes/findings/name_*.py)
	rm -f src/custodes/findings/__pycache__/name_*.nbi src/custodes/findings/__pycache__/name_*.nbc
	$(BIN)/python -c "import custodes.findings.screening"
	touch $@

.venv/installed-dev: .venv/installed .venv/kernels
	$(PIP) -e ".[dev]"
	touch $@

run: install
	$(BIN)/custodes run examples/britain; code=$$?; test $$code -eq 0 -o $$code -eq 3
	@echo "the draft edition: $(CURDIR)/examples/britain/publication/draft/index.html"

lint: .venv/installed-dev
	$(BIN)/ruff check src tests benchmarks scripts
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/pytest -n 2

# programs of others that judge our archives in tests/sources/test_sources_judges.py (py-wacz, pywb, warcio, fastwarc),
# and programs that look for cameras or read them, in tests/sources/test_sources_discover_judges.py (WSDiscovery, amcrest, pyHik, onvif-zeep, hiktools; nmap and tcpdump come from the system)
judges: .venv/installed
	test -x .venv/judges/bin/python || $(PYTHON) -m venv .venv/judges
	.venv/judges/bin/python -m pip install --quiet --disable-pip-version-check wacz pywb warcio fastwarc
	test -x .venv/judges-devices/bin/python || $(PYTHON) -m venv .venv/judges-devices
	.venv/judges-devices/bin/python -m pip install --quiet --disable-pip-version-check WSDiscovery amcrest pyHik onvif-zeep hiktools
	$(MAKE) format-judges

# programs of others that judge our exports in tests/publication/test_publication_export_judges.py, in an environment of their own. yente comes without the search
# engines and servers that it runs with: only its manifest loader is asked. The OCDS schema is the one that ocdsmerge brings in its source package.
FORMATS := .venv/formats/bin/python -m pip install --quiet --disable-pip-version-check
format-judges: .venv/installed
	test -x .venv/formats/bin/python || $(PYTHON) -m venv .venv/formats
	$(FORMATS) -r tests/publication/judges.txt
	$(FORMATS) --no-deps yente==5.5.0
	mkdir -p .venv/formats/ocds
	.venv/formats/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: -d .venv/formats/ocds ocdsmerge==0.8.0
	tar -xzf .venv/formats/ocds/ocdsmerge-0.8.0.tar.gz -O ocdsmerge-0.8.0/tests/fixtures/release-schema-1__1__4.json > .venv/formats/ocds/release-schema.json

bench: .venv/installed-dev
	$(BIN)/python benchmarks/run.py

show: .venv/installed-dev
	$(BIN)/python benchmarks/run.py --large

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
