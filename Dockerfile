# oom-ingest as an image: the wheel is built once, and installed with the hashes of requirements.lock, Hyperscan included.
#   docker build --build-arg VERSION=1.2.3 --tag oom-ingest:1.2.3 .
# It runs as nobody in particular and writes nothing: `docker run --read-only --cap-drop ALL --tmpfs /tmp oom-ingest run`.
FROM python:3.11.14-slim-bookworm AS wheel
ARG VERSION=0.1.dev0
ENV SETUPTOOLS_SCM_PRETEND_VERSION=$VERSION
WORKDIR /source
COPY . .
RUN pip install --no-cache-dir --constraint constraints.txt build hatchling hatch-vcs \
 && python -m build --no-isolation --wheel --outdir /dist

FROM python:3.11.14-slim-bookworm
LABEL org.opencontainers.image.title="oom-ingest" \
      org.opencontainers.image.description="OOM-killer records from Kafka to Elasticsearch" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN --mount=type=bind,from=wheel,source=/dist,target=/dist \
    --mount=type=bind,source=requirements.lock,target=/requirements.lock \
    python -m venv /opt/oom-ingest \
 && /opt/oom-ingest/bin/pip install --no-cache-dir --require-hashes --requirement /requirements.lock \
 && /opt/oom-ingest/bin/pip install --no-cache-dir --no-deps /dist/*.whl \
 && /opt/oom-ingest/bin/pip uninstall --yes pip setuptools
ENV PATH=/opt/oom-ingest/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
EXPOSE 9464
STOPSIGNAL SIGTERM
ENTRYPOINT ["oom-ingest"]
CMD ["run"]
