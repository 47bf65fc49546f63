# Consigliere as an image: the sources as they are, since Node runs TypeScript itself, and the locked dependencies.
# Steps to check it without a registry: docs/live.md, "Checking the image".

FROM node:26-slim AS base
# Node links against libatomic. A base image that lacks it cannot start Node at all; one that has it is left alone.
RUN ldconfig -p | grep -q 'libatomic\.so\.1' || \
    { apt-get update && apt-get install -y --no-install-recommends libatomic1 && rm -rf /var/lib/apt/lists/*; }

FROM base AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The optional packages bring a Node of their own for older machines; the image has its Node already.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM base
# The last option takes away the signal that would open a debugger in the running process.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data NODE_OPTIONS=--disable-sigusr1
WORKDIR /app
RUN install -d -o node -g node -m 700 /data
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY personas ./personas
COPY src ./src
# By number, so that a cluster which refuses root can see that this is not root.
USER 1000:1000
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# The options of Node are those of src/node-flags.json.
CMD ["node", "--min-semi-space-size=4", "--max-semi-space-size=4", "--single-threaded-gc", "--heap-growing-percent=30", "--no-memory-pool", "src/main.ts"]
