# One recipe for every image. PACKAGE is the directory of the one package that the image holds, EXTRA an extra of it:
#   docker build --build-arg PACKAGE=services/router .

FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements.txt requirements-build.txt ./
RUN python -m venv backend && backend/bin/pip install -q --require-hashes -r requirements-build.txt
# Everything that is locked, checked by its hash; each image then takes from there what its package needs.
RUN pip download -q --only-binary :all: --require-hashes -r requirements.txt -d wheels
COPY libs libs
RUN backend/bin/pip wheel -q --no-deps --no-build-isolation -w wheels ./libs/*
ARG PACKAGE
ARG EXTRA=""
COPY ${PACKAGE} package
RUN backend/bin/pip wheel -q --no-deps --no-build-isolation -w built ./package \
    && python -m venv --without-pip /app \
    && pip --python /app install -q --no-index --find-links wheels "$(echo built/*.whl)${EXTRA}"

FROM python:3.13-slim
# Volumes take over the owner of the directories they are mounted on.
RUN useradd --uid 10001 --home-dir /state --no-create-home chat \
    && install -d -o chat -g chat /chat /data /state /secrets/admin /secrets/archive /secrets/broker \
        /secrets/client /secrets/registry /secrets/router
COPY --from=build /app /app
ARG PACKAGE
WORKDIR /chat
COPY ${PACKAGE}/*.py ./
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1
USER chat
