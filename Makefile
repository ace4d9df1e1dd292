# Thin wrappers on packaging/bootstrap.py, which works the same where there is no make.
PYTHON ?= python3
BOOTSTRAP = $(PYTHON) packaging/bootstrap.py

.PHONY: help run test check setup docs release-check bench fuzz endurance screenshots \
	translations clean

help:  ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST)

run:  ## set up, then open the studio (without a display: train on the digits for two minutes)
	@$(BOOTSTRAP) run

test:  ## set up, then check and test everything
	@$(BOOTSTRAP) test

check:  ## set up, then lint, format, types and layers
	@$(BOOTSTRAP) check

setup:  ## set up only
	@$(BOOTSTRAP) setup

docs:  ## set up, then write docs/settings.md from the settings' declarations
	@$(BOOTSTRAP) docs

release-check:  ## build sdist and wheel, install them into an empty environment, train there
	@$(BOOTSTRAP) release-check

bench:  ## measure start-up, responsiveness and throughput of the window
	@$(BOOTSTRAP) bench

fuzz:  ## give the command line 300 damaged files of each kind it reads
	@$(BOOTSTRAP) fuzz

endurance:  ## do at length what the tests do in short: kills, a random user, fuzzing, an hour
	@$(BOOTSTRAP) endurance

screenshots:  ## set up, then photograph the studio into build/screenshots (needs Debian's xvfb)
	@$(BOOTSTRAP) screenshots

translations:  ## set up, then collect and compile what has to be translated
	@$(BOOTSTRAP) translations

clean:  ## remove everything that the targets above have made
	rm -rf .venv .coverage .hypothesis .pytest_cache .ruff_cache .import_linter_cache \
	  build dist *.egg-info
	find engine studio resources tests packaging -name __pycache__ -type d -exec rm -rf {} +
