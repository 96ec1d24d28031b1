# One image for web, workers, beat and the one-off commands; holds the product lock only.
FROM python:3.11-slim-bookworm

# pg_dump and pg_restore, for deploy/backup.sh and deploy/restore.sh.
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-client-15 \
    && rm -rf /var/lib/apt/lists/*

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PATH=/opt/fieldvoice/bin:$PATH \
    DJANGO_SETTINGS_MODULE=backend.settings \
    VAR_DIR=/var/lib/fieldvoice \
    NUMBA_CACHE_DIR=/var/lib/fieldvoice/numba \
    OPENBLAS_NUM_THREADS=1 \
    OMP_NUM_THREADS=1 \
    NUMBA_NUM_THREADS=1

WORKDIR /srv/fieldvoice

# The locks first: the layer with the dependencies changes only when they do.
COPY requirements-bootstrap.lock requirements.lock requirements-models.lock ./
RUN python -m venv /opt/bootstrap \
    && /opt/bootstrap/bin/pip install --no-cache-dir --require-hashes -r requirements-bootstrap.lock \
    && python -m venv --without-pip /opt/fieldvoice \
    && /opt/bootstrap/bin/uv pip sync --no-cache --python /opt/fieldvoice/bin/python --require-hashes requirements.lock requirements-models.lock \
    && rm -r /opt/bootstrap

COPY manage.py pyproject.toml ./
COPY backend backend
COPY annotation annotation
COPY workers workers
COPY mobile_client mobile_client
COPY deploy deploy

RUN useradd --system --create-home --home-dir /var/lib/fieldvoice fieldvoice \
    && mkdir -p /var/lib/fieldvoice/static /var/lib/fieldvoice/public /var/lib/fieldvoice/beat \
    && chown -R fieldvoice: /var/lib/fieldvoice
USER fieldvoice

EXPOSE 8000
CMD ["gunicorn", "backend.wsgi:application", "-c", "deploy/gunicorn_settings.py"]
