FROM python:3.11.14-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    DJANGO_SETTINGS_MODULE=config.settings.prod \
    OPTIMIZER_STATE_DIR=/state \
    HOST=0.0.0.0 \
    PORT=8000

WORKDIR /app
# Every file is checked against its hash. The lock is complete, so nothing else is asked for.
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --no-deps --requirement requirements.lock
# --build-arg REQUIREMENTS=requirements-models.txt adds what LLMLingua-2 needs, 1 GB.
# PyPI's torch for Linux brings 3 GB for GPUs along; PyTorch's own index has it without.
ARG REQUIREMENTS=requirements.txt
COPY requirements.txt requirements-models.txt ./
RUN if [ "$REQUIREMENTS" != requirements.txt ]; then \
        pip install --no-cache-dir --no-deps --index-url https://download.pytorch.org/whl/cpu \
            "$(grep -o '^torch==[^ ]*' "$REQUIREMENTS")" \
        && pip install --no-cache-dir --requirement "$REQUIREMENTS"; \
    fi

RUN useradd --system --uid 10001 --no-create-home optimizer \
    && mkdir --mode 700 /state \
    && mkdir staticfiles \
    && chown optimizer /state staticfiles
COPY . .
# Once, since no container can write it: each of their many starts takes a sixth less.
RUN python -m compileall -q .

USER optimizer
RUN OPTIMIZER_STATE_DIR=/tmp/build python manage.py prepare --only-static \
    && rm -rf /tmp/build

VOLUME /state
EXPOSE 8000
HEALTHCHECK --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=5)"]

# Last, so that a new version keeps every layer that did not change.
ARG VERSION=unreleased
ARG REVISION=unknown
# Buildah 1.28 takes labels from a build before, whatever the arguments are now, but no command.
RUN : "$VERSION" "$REVISION"
LABEL org.opencontainers.image.title="Token Optimizer" \
      org.opencontainers.image.description="Makes LLM prompts smaller before they reach the provider, and shows what was cut and why" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
CMD ["python", "-m", "optimizer_app.instance.web"]
