# make run starts the app (PORT=… to choose its port), make test the tests. Both bring .venv up to date first.
.DELETE_ON_ERROR:
.PHONY: run openvino test check audit train-unet train-resnet50 study benchmark fuzz screenshots figures clean

DATA ?= data
PYTHON := .venv/bin/python
BY_IMAGE = runs/study/$(notdir $(DATA:/=))-by-image
STUDY := SKINVISION_WEIGHTS=runs/study .venv/bin/python -m skinvision train classification --recipe resnet50-study
APP := .venv/run.stamp
TESTS := .venv/test.stamp
TRAIN := .venv/train.stamp
AUDIT := .venv/audit.stamp
FUZZ := .venv/fuzz.stamp
MINUTES ?= 5
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

run: $(APP)
	$(PYTHON) -m streamlit run asgi.py $(if $(PORT),--server.port $(PORT))

# Analyses in a fraction of the time: the app runs what is exported here from its next start on.
openvino: $(APP)
	$(PYTHON) -m pip install --disable-pip-version-check --no-deps -r requirements-openvino.txt
	$(PYTHON) -m skinvision export

# Two processes with a thread each: those of torch wait for each other where there are more than cores.
test: $(TESTS)
	OMP_NUM_THREADS=1 $(PYTHON) -m pytest -n 2 --dist loadfile

check: $(TESTS)
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports

# Licences and known weaknesses of all that the app needs to run.
audit: $(AUDIT)
	$(PYTHON) -m docs.audit

# For instance: make train-unet DATA=~/isic2017 OPTIONS="--start start.safetensors --max-minutes 60"
train-unet: $(TRAIN)
	$(PYTHON) -m skinvision train segmentation --data $(DATA) --out unet $(OPTIONS)

train-resnet50: $(TRAIN)
	$(PYTHON) -m skinvision train classification --data $(DATA) --out resnet50 $(OPTIONS)

# Figures alone are kept of these four: what the outline is worth to a classifier, and what a split by image adds to its
# figures. For instance: make study DATA=~/ham10000 OPTIONS="--start start.safetensors"
study: $(TRAIN)
	mkdir -p runs/study weights/study
	cp weights/unet.json weights/unet.safetensors runs/study/
	for region in whole box lesion; do $(STUDY) --data $(DATA) --region $$region --out study-$$region $(OPTIONS) || exit; done
	test -d $(BY_IMAGE) || $(PYTHON) -m skinvision.training.by_image $(DATA) $(BY_IMAGE)
	$(STUDY) --data $(BY_IMAGE) --region whole --out study-by-image $(OPTIONS)
	cp runs/study/study-whole.json runs/study/study-box.json runs/study/study-lesion.json \
	    runs/study/study-by-image.json weights/study/

benchmark: $(TESTS)
	$(PYTHON) -m benchmarks.analyse
	$(PYTHON) -m benchmarks.cam
	$(PYTHON) -m skinvision export
	$(PYTHON) -m benchmarks.engines
	$(PYTHON) -m benchmarks.turned
	$(PYTHON) -m benchmarks.curves
	$(PYTHON) -m benchmarks.verdicts
	$(PYTHON) -m benchmarks.models
	$(PYTHON) -m benchmarks.compare
	$(PYTHON) -m benchmarks.compare --engine openvino
	$(PYTHON) -m benchmarks.app
	$(PYTHON) -m benchmarks.cold
	$(PYTHON) -m benchmarks.strided
	$(PYTHON) -m benchmarks.load
	$(PYTHON) -m benchmarks.hostile

# Looks for files that break the gate. For instance: make fuzz MINUTES=60
fuzz: $(FUZZ)
	$(PYTHON) -m fuzz.read_case --minutes $(MINUTES)

screenshots: $(TESTS)
	$(PYTHON) -m docs.screenshots

# The models' table in the README, from their cards.
figures: $(APP)
	$(PYTHON) -m docs.figures

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@for python in python3.11 python3; do \
	    if $$python -c '$(NEW_ENOUGH)' 2>/dev/null; then echo "$$python -m venv .venv"; exec $$python -m venv .venv; fi; \
	done; echo "Python 3.11 or newer is needed, as python3.11 or python3" >&2; exit 1

$(APP): requirements.txt | .venv/bin/python
	$(PYTHON) -m pip install --disable-pip-version-check -r $<
	touch $@

$(TRAIN): requirements-train.txt $(APP)
	$(PYTHON) -m pip install --disable-pip-version-check -r $<
	touch $@

$(AUDIT): requirements-audit.txt $(APP)
	$(PYTHON) -m pip install --disable-pip-version-check -r $<
	touch $@

$(TESTS): requirements-test.txt requirements-heic.txt requirements-dicom.txt requirements-quantus.txt \
    requirements-openvino.txt $(TRAIN)
	$(PYTHON) -m pip install --disable-pip-version-check -r $<
	$(PYTHON) -m pip install --disable-pip-version-check --no-deps -r requirements-quantus.txt -r requirements-openvino.txt
	touch $@

$(FUZZ): requirements-fuzz.txt $(TESTS)
	$(PYTHON) -m pip install --disable-pip-version-check -r $<
	touch $@
