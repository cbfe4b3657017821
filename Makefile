# make demo   trains and tests A-MESS on made data and prints the table
# make test   lint, types, package and tests, on today's packages and on those of 2023
# make docs   the documentation site, in build/docs
# make bench  measures speed and memory against a benchmark's checkout (MIA_HOSTS=its folder); docs/performance.md
# Each makes what it needs on a fresh machine; PYTHON chooses the interpreter.

PYTHON ?= python3
PIP_FLAGS ?= --quiet --disable-pip-version-check
SOURCES = mia_plugins methods configs data_adapters benchmarks docs tests run.py setup.py

.PHONY: demo docs test lint package test-now test-2023 bench bench-gpu clean

demo: .venv/ready
	.venv/bin/python run.py --method amess --dataset MIntRec2.0
	@echo "before you type these: . .venv/bin/activate"

test:
	$(MAKE) -j2 .venv/ready .venv-2023/ready
	$(MAKE) lint package test-now test-2023

lint: .venv/ready
	.venv/bin/ruff check --output-format concise $(SOURCES)
	.venv/bin/ruff format --check $(SOURCES)
	.venv/bin/mypy
	$(MAKE) docs

docs: .venv/ready
	.venv/bin/python -m sphinx -W --keep-going -q -b html docs build/docs

package: .venv/ready
	rm -rf dist
	.venv/bin/python -m build >/dev/null
	.venv/bin/python -m twine check --strict dist/*

test-now: .venv/ready
	.venv/bin/python -m pytest -n 2 --dist worksteal --durations=10 $(PYTEST_FLAGS)

test-2023: .venv-2023/ready
	.venv-2023/bin/python -m pytest -n 2 --dist worksteal --durations=10 -p no:cacheprovider tests/methods tests/data tests/simulate tests/command tests/hosts

bench: .venv/ready .venv-2023/ready
	.venv/bin/python -m benchmarks --host_python .venv-2023/bin/python $(if $(MIA_HOSTS),--hosts $(MIA_HOSTS)) --out bench.md --out bench.json $(BENCH_FLAGS)

bench-gpu: .venv/ready
	.venv/bin/python -m benchmarks --gpu_id 0 --out bench-gpu.md --out bench-gpu.json $(BENCH_FLAGS)

.venv/ready: requirements.txt setup.py pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install $(PIP_FLAGS) -r requirements.txt
	.venv/bin/python -m pip install $(PIP_FLAGS) --no-deps -e .
	touch $@

.venv-2023/ready: requirements-2023.txt setup.py pyproject.toml
	$(PYTHON) -m venv .venv-2023
	.venv-2023/bin/python -m pip install $(PIP_FLAGS) -r requirements-2023.txt
	.venv-2023/bin/python -m pip install $(PIP_FLAGS) --no-deps -e .
	touch $@

clean:
	rm -rf .venv .venv-2023 build dist *.egg-info
