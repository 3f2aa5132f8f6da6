# The worker and the `celery` command. Nothing is fetched at run time.
#   docker build .                                                  for this machine
#   docker buildx build --platform linux/amd64,linux/arm64 .        for both: the base image has both
# The digest is of 2026-07-30 (Node 24.18.1); for a newer one: docker buildx imagetools inspect node:24-bookworm-slim
ARG NODE_IMAGE=node:24-bookworm-slim@sha256:235600a8101ab264e117b1768e925532262668dc9b581ef1dd7d96ced463b8e7

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier
COPY tsconfig.json tsconfig.build.json vite.command.config.ts ./
COPY src ./src
COPY web ./web
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
ARG REVISION=unknown
LABEL org.opencontainers.image.title="PLOSolver worker" \
  org.opencontainers.image.description="A Celery-compatible worker for Node.js, and the PLOSolver jobs that run on it" \
  org.opencontainers.image.version="0.1.0" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.base.name="docker.io/library/node:24-bookworm-slim"
# tini is PID 1: it passes signals on and reaps what a child leaves behind.
RUN apt-get update \
  && apt-get install -y --no-install-recommends tini \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin celery \
  && install -d -m 700 -o celery /checkpoints
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY migrations ./migrations
# What health checks of the Python worker's image call: pgrep, curl, python /app/health_check.py, /app/health_check.sh.
COPY docker/shims /usr/local/bin/
COPY docker/health_check.sh ./
RUN ln -s /app/dist/cli/main.js /usr/local/bin/celery \
  && ln -s /app/dist/cli/main.js /usr/local/bin/plosolver \
  && ln -s python /usr/local/bin/python3 \
  && ln -s health_check.sh health_check.py
# By number, so that Kubernetes can see that it is not root. Nothing but /tmp and /checkpoints, where a volume may be, can be
# written: the root may be read-only.
USER 10001
ENV NODE_ENV=production LOG_FORMAT=json
EXPOSE 5002
EXPOSE 5556
# Whether the event loop turns, and no more: a worker without its broker waits, and must not be killed for it.
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s --retries=3 CMD ["/app/health_check.sh"]
ENTRYPOINT ["tini", "--"]
CMD ["celery", "-A", "main.celery_app.celery", "worker", "--loglevel=info"]
