# The worker, and every other command of jobrelay: docker run --rm IMAGE --help
#
# Debian, since Temporal's native client is built for glibc alone; the version in full, so that a build is repeatable.
FROM node:24.20.0-trixie-slim AS build
WORKDIR /app

# The dependencies first: they stay in the cache of the build until the lock file changes.
COPY package.json package-lock.json .npmrc ./
RUN npm ci

# What there is of the sources is what .dockerignore lets in.
COPY . .
# Compiles, bundles the workflows, and keeps what runs: no development dependencies, and of the native client's builds
# for all platforms (150 MB) the one for this.
RUN node scripts/build.mjs \
  && npm prune --omit=dev \
  && cd node_modules/@temporalio/core-bridge/releases \
  && find . -mindepth 1 -maxdepth 1 ! -name "$(uname -m | sed 's/arm64/aarch64/')-unknown-linux-gnu" -exec rm -r {} + \
  && test -n "$(ls)"

FROM node:24.20.0-trixie-slim
ENV NODE_ENV=production
# Owned by root, so that what runs cannot change itself.
COPY --from=build /app/package.json /app/
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
RUN ln -s /app/dist/cli/main.js /usr/local/bin/jobrelay \
  && install --directory --owner=node --group=node /var/lib/jobrelay
USER node
# The state is .jobrelay in the working folder: here, for the worker and for every command that is run beside it.
WORKDIR /var/lib/jobrelay
VOLUME /var/lib/jobrelay

# SIGTERM: no new work, what runs is finished, waiting jobs are left to the next worker. Give it 60 s (docker stop -t 60).
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=20s --start-period=30s --retries=3 CMD ["jobrelay", "worker", "--check"]
ENTRYPOINT ["jobrelay"]
CMD ["worker"]
