# From the project's folder: docker build -f deploy/docker/Dockerfile -t restsrc .
# For Kubernetes: … --build-arg EXTRA=kubernetes …
FROM python:3.12-slim
ARG EXTRA=docker

WORKDIR /opt/restsrc
COPY pyproject.toml README.md constraints.txt ./
COPY restsrc_dagster ./restsrc_dagster
RUN pip install --no-cache-dir -c constraints.txt ".[$EXTRA]"

ENV DAGSTER_HOME=/opt/dagster/home
COPY deploy/docker/dagster.yaml $DAGSTER_HOME/dagster.yaml
COPY deploy/docker/workspace.yaml ./workspace.yaml
COPY connectors ./connectors

CMD ["dagster", "code-server", "start", "-h", "0.0.0.0", "-p", "4000", \
     "-m", "restsrc_dagster.definitions"]
