# The gateway as a container: numeric user, nothing writable, no shell needed.
#
# The tag is exact. To pin its content as well, take the digest from your registry, after you have looked at it:
#   docker buildx imagetools inspect node:24.21.0-bookworm-slim
# and write FROM node:24.21.0-bookworm-slim@sha256:… in both places.

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The gateway only: the packages of packages/ are npm's, not the image's.
RUN npm ci --ignore-scripts --workspaces=false
COPY tsconfig.json tsconfig.build.json bundle.config.ts schema.graphql ./
COPY explorer ./explorer
COPY packaging ./packaging
COPY operations ./operations
COPY src ./src
RUN npm run build:gateway && npm run sbom
RUN npm prune --omit=dev --ignore-scripts --workspaces=false

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/operations ./operations
COPY --from=build /app/dist ./dist
COPY package.json schema.graphql LICENSE NOTICE.md ./
USER 10001:10001
EXPOSE 4000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
