# One image for the three programs: the API by default, the worker with the command `node workers/main.ts`, the CLI with
# `node cli/main.ts`. There is no build step: Node runs the TypeScript directly.
FROM node:24.21.0-alpine

LABEL org.opencontainers.image.title="clerk-kafka-bridge" \
  org.opencontainers.image.description="Turns user changes in Clerk into Kafka events exactly once, beside a user API over Clerk." \
  org.opencontainers.image.licenses="MIT"

ENV NODE_ENV=production
# kafkajs sometimes sets a negative timer, and Node 24 warns about it.
ENV NODE_OPTIONS=--disable-warning=TimeoutNegativeWarning
WORKDIR /app

COPY package.json package-lock.json .npmrc ./
# The contract with consumers, which the programs import too.
COPY packages/events/package.json packages/events/
COPY packages/events/src packages/events/src
# The only native package (msgpackr) ships its binaries, so no install script has to run.
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force \
  # Source maps and builds that the API's page does not load: 9 MB.
  && rm node_modules/swagger-ui-dist/*.map node_modules/swagger-ui-dist/swagger-ui-es-*

COPY roles.json ./
COPY src src
COPY workers workers
COPY cli cli

# The base image's user `node`, as a number, so that Kubernetes can check `runAsNonRoot`.
USER 1000:1000
EXPOSE 3007 3008

# A container runs one program, so one of the two ports answers.
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s CMD \
  wget -qO /dev/null "http://127.0.0.1:${PORT:-3007}/livez" || \
  wget -qO /dev/null "http://127.0.0.1:${WORKER_PORT:-3008}/livez"

# No shell in between: signals reach the program.
CMD ["node", "src/api/main.ts"]
