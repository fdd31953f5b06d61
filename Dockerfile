# The code location, for Dagster+ (`dg plus deploy`), Kubernetes and Docker:
#   docker build -t restsrc --build-arg EXTRA=kubernetes .
# EXTRA is one of pyproject.toml: cloud, kubernetes, or docker (with webserver and daemon).
FROM python:3.12-slim
ARG EXTRA=cloud

WORKDIR /opt/restsrc
COPY pyproject.toml README.md constraints.txt ./
COPY restsrc_dagster ./restsrc_dagster
RUN pip install --no-cache-dir -c constraints.txt ".[$EXTRA]"

COPY deploy/docker/dagster.yaml /opt/dagster/home/dagster.yaml
COPY deploy/docker/workspace.yaml ./workspace.yaml
COPY connectors ./connectors
# What connector files may do: docs/security.md. Another file may be mounted in its place.
COPY deploy/policy.yaml ./policy.yaml
ENV RESTSRC_POLICY=/opt/restsrc/policy.yaml

CMD ["dagster", "code-server", "start", "-h", "0.0.0.0", "-p", "4000", \
     "-m", "restsrc_dagster.definitions"]
