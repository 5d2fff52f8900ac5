# One recipe for every image. PACKAGE is the directory of the package that the image runs:
#   docker build --build-arg PACKAGE=services/router .

FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements.txt ./
# pip checks the hash of every locked package. Each image then installs only those that its package needs.
RUN pip download -q --only-binary :all: --require-hashes -r requirements.txt -d wheels \
    && python -m venv backend && backend/bin/pip install -q --no-index --find-links wheels hatchling
COPY VERSION ./
COPY libs libs
RUN backend/bin/pip wheel -q --no-deps --no-build-isolation -w wheels ./libs/*
ARG PACKAGE
COPY ${PACKAGE} ${PACKAGE}
RUN backend/bin/pip wheel -q --no-deps --no-build-isolation -w built "./${PACKAGE}" \
    && python -m venv --without-pip /app \
    && pip --python /app install -q --no-index --find-links wheels built/*.whl

FROM python:3.13-slim
# A new volume takes its owner from the directory that it is mounted on.
RUN useradd --uid 10001 --home-dir /state --no-create-home chat \
    && install -d -o chat -g chat /chat /data /state /secrets/admin /secrets/archive /secrets/broker \
        /secrets/client /secrets/former-client /secrets/monitor /secrets/postgres /secrets/registry /secrets/router
COPY --from=build /app /app
ARG PACKAGE
WORKDIR /chat
COPY LICENSE ${PACKAGE}/*.py ./
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1
USER chat
