# syntax=docker/dockerfile:1
# The arguments are those of the command, as with Litestream's image:
#
#   docker build -t litestream-sidecar .
#   docker run -v data:/data -e AWS_ACCESS_KEY_ID -e AWS_SECRET_ACCESS_KEY litestream-sidecar replicate /data/app.db s3://bucket/app
#
# The root file system may be read-only. Written to are the directories of the databases (/data), where local files lie beside
# each database, and /run/litestream, for a control socket if one is configured: `--read-only --tmpfs /run/litestream`.
# A stop ships what is left, for up to shutdown-sync-timeout: `docker stop --time 45`.

FROM node:22-trixie-slim AS build
# better-sqlite3 is compiled where no prebuilt binary can be had. The versions are those of the base image's release.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends g++ make python3 \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY . .
# Node, the bundled command, its native module and the packages it imports: what the tarball holds, and its test runs.
RUN npm run setup && npm run tarball -- --unpacked /installation

# What node:22-trixie-slim is made of, without npm and yarn.
FROM debian:trixie-slim
# A program that -exec starts may leave children behind: Node does not wait for those, tini does. It passes signals on.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends tini \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --uid 1000 --user-group --no-log-init --no-create-home --home-dir /home/litestream litestream \
  && install --directory --owner=litestream --group=litestream /data /run/litestream
COPY --from=build /installation /usr/local
COPY docker/healthcheck.mjs /usr/local/lib/litestream/healthcheck.mjs
# The databases belong to the application: run this as its user (`--user`). Named by number for `runAsNonRoot`.
USER 1000:1000
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --start-interval=2s \
  CMD ["/usr/local/lib/litestream/node", "/usr/local/lib/litestream/healthcheck.mjs"]
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/local/bin/litestream"]
