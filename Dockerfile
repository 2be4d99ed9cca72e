# The site in a container: see docs/install.md, "Containers", and compose.yaml.
FROM python:3.13-slim-bookworm

# For `manage.py backup` and `restore` with PostgreSQL.
RUN apt-get update \
 && apt-get install -y --no-install-recommends postgresql-client \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --create-home --home-dir /srv/classroom classroom
WORKDIR /srv/classroom/site

# Before the code: the packages are installed anew only when their lists change.
COPY requirements.txt requirements-server.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt -r requirements-server.txt

COPY . .
RUN install -d -o classroom -g classroom -m 700 /srv/classroom/var
USER classroom
ENV HOST=0.0.0.0 PORT=8000 VAR_DIR=/srv/classroom/var PYTHONDONTWRITEBYTECODE=1
VOLUME /srv/classroom/var
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/ready')"]
CMD ["python", "manage.py", "serve"]
