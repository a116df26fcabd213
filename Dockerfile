# One image for both processes: the API by default, the worker with the command `node workers/main.ts`.
# There is no build step: Node runs the TypeScript as it is.
FROM node:24-alpine

ENV NODE_ENV=production
# kafkajs sets a negative timer now and then; Node 24 warns of it.
ENV NODE_OPTIONS=--disable-warning=TimeoutNegativeWarning
WORKDIR /app

COPY package.json package-lock.json .npmrc ./
# The one native package (msgpackr's) has its binaries ready made, so no install script need run.
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force \
  # Source maps and builds of the API's page that nobody asks for: 9 MB.
  && rm node_modules/swagger-ui-dist/*.map node_modules/swagger-ui-dist/swagger-ui-es-*

COPY roles.json ./
COPY src src
COPY workers workers

USER node
EXPOSE 3007 3008

# A container runs one of the two, so one of the two ports answers.
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s CMD \
  wget -qO /dev/null "http://127.0.0.1:${PORT:-3007}/livez" || \
  wget -qO /dev/null "http://127.0.0.1:${WORKER_PORT:-3008}/livez"

CMD ["node", "src/api/main.ts"]
