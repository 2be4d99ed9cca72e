# `make run` and `make test` do all the set-up themselves.
PYTHON ?= python3
BIN = .venv/bin

.PHONY: wheelhouse run backup doctor restore upgrade test test-postgres test-long check bench screenshots sbom format lock dev

run:
	@$(PYTHON) terror_site/bootstrap.py

backup doctor:
	@$(PYTHON) terror_site/bootstrap.py $@

# Every package for a computer of this kind, to be carried to one without internet.
wheelhouse:
	@$(PYTHON) terror_site/bootstrap.py wheelhouse

# make restore FILE=/media/stick/classroom-20261126-180000.zip
restore:
	@$(PYTHON) terror_site/bootstrap.py restore "$(FILE)"

# make upgrade shows what changes; make upgrade APPLY=1 does it; WHEELS=folder for no network
upgrade:
	@$(PYTHON) terror_site/bootstrap.py upgrade $(if $(APPLY),--apply) $(if $(WHEELS),--wheels "$(WHEELS)")

dev:
	@$(PYTHON) terror_site/bootstrap.py install-dev

# Watching each line doubles the time of a test: only those of the pure modules, which
# must leave no line out, run so; the others run without. What asks no database is not
# asked again on PostgreSQL.
PURE_TESTS = \
  tests/assessments/test_analysis.py tests/assessments/test_difference.py \
  tests/assessments/test_growth.py tests/assessments/test_ladders.py \
  tests/assessments/test_marking.py tests/assessments/test_paper_check.py \
  tests/assessments/test_plots.py tests/assessments/test_spelling.py \
  tests/assessments/test_themes.py tests/assessments/test_versions.py \
  tests/lessons/test_camps.py tests/lessons/test_canvas.py \
  tests/lessons/test_figures.py tests/lessons/test_markup.py \
  tests/lessons/test_pictures.py tests/lessons/test_retrieval.py \
  tests/lessons/test_sheets.py tests/lessons/test_splicing.py \
  tests/people/test_clock.py tests/people/test_passphrases.py \
  tests/people/test_roster.py tests/people/test_waits.py \
  tests/test_demo_answers.py tests/test_releases.py
# Of pure modules and of the pages that use them.
PURE_AND_PAGES = \
  tests/assessments/test_bank.py tests/assessments/test_calendar_feed.py \
  tests/assessments/test_rescue.py tests/assessments/test_save_input.py \
  tests/people/test_roster_generated.py tests/people/test_roster_letters.py

test: dev
	KEEP_GOALS=quick $(BIN)/python -m pytest -n auto -m "not long" \
		$(addprefix --ignore=,$(PURE_TESTS) $(PURE_AND_PAGES))
	KEEP_GOALS=pure $(BIN)/python -m pytest -n auto -m "not long" --cov --cov-report= \
		$(PURE_TESTS) $(PURE_AND_PAGES)
	$(BIN)/python -m coverage report --skip-covered --show-missing --fail-under=100 \
		--include=$$($(BIN)/python -m tests.pure)

test-postgres: dev
	$(BIN)/python -m tests.postgres $(BIN)/python -m pytest -n auto \
		-m "not browser and (not long or races)" $(addprefix --ignore=,$(PURE_TESTS))

test-long: dev
	KEEP_GOALS=parallel $(BIN)/python -m pytest -n auto -m "long and parallel"
	KEEP_GOALS=long $(BIN)/python -m pytest -m "long and not parallel"

check: dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/djade --check --target-version 5.2 $$(git ls-files --cached --others --exclude-standard '*.html')
	$(BIN)/djlint --lint templates
	$(BIN)/lint-imports
	SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))') VAR_DIR=$$(mktemp -d) sh -c '\
	$(BIN)/python manage.py check --deploy --fail-level WARNING && \
	SITE_SCHEME=http $(BIN)/python manage.py check --deploy --fail-level WARNING && \
	$(BIN)/python manage.py makemigrations --check --dry-run'

bench: dev
	$(BIN)/python -m tests.bench

screenshots: dev
	$(BIN)/python -m tests.screenshots

# After each `make lock` and each new version: the list of parts and their licences.
sbom: dev
	$(BIN)/python -m tests.parts

format: dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	-$(BIN)/djade --target-version 5.2 $$(git ls-files --cached --others --exclude-standard '*.html')

# Needs uv, for maintainers only: a hashed lock for every Python and system.
lock:
	for part in requirements requirements-server requirements-s3 requirements-sentry requirements-otel requirements-openid requirements-dev; do \
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-strip-extras --output-file $$part.txt $$part.in || exit 1; done
