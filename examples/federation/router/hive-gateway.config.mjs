/**
 * Hive Gateway in front of both subgraphs; `npm start` and the tests run with exactly this. With the CLI:
 * `hive-gateway supergraph --config-path router/hive-gateway.config.mjs` (package @graphql-hive/gateway). It would
 * take TypeScript as well; plain JavaScript is what Node.js 20 can import, so that what is tested is this file itself.
 *
 * All options: https://the-guild.dev/graphql/hive/docs/api-reference/gateway-config
 */
import { readFileSync } from "node:fs";
import { env } from "node:process";
import { withoutValues } from "./hide-values.mjs";

/** A little more than the gateway's REQUEST_DEADLINE_MS, so that its own answer about what became of a write gets here. */
const subgraphTimeoutMs = Number(env.REQUEST_DEADLINE_MS || 25_000) + 2000;

/**
 * Where a subgraph doesn't answer, or not in time, Hive's error has the whole request; the log has the error then, and after a
 * timeout the client's answer has it as well. With a mutation that is a certificate and its password.
 */
const forgetRequests = {
  onSubgraphExecute({ executor, setExecutor }) {
    setExecutor(async (request) => {
      try {
        const result = await executor(request);
        for (const error of result?.errors ?? []) forget(error);
        return result;
      } catch (error) {
        forget(error);
        throw error;
      }
    });
  },
};

/** Hive's own errors about variables and literals quote the values. */
const hideValues = {
  onResultProcess({ result, setResult }) {
    if (!Array.isArray(result?.errors)) return;
    setResult({ ...result, errors: result.errors.map(withoutValue) });
  },
};

function withoutValue(error) {
  const message = withoutValues(error.message);
  if (message === error.message) return error;
  const { locations, path, extensions } = error.toJSON?.() ?? error;
  return { message, ...(locations && { locations }), ...(path && { path }), ...(extensions && { extensions }) };
}

function forget({ extensions }) {
  delete extensions?.request;
}

/** @type {import("@graphql-hive/gateway-runtime").GatewayConfigSupergraph} */
export const gatewayConfig = {
  supergraph: readFileSync(new URL("../supergraph.graphql", import.meta.url), "utf8"),

  // Where the subgraphs really are; else the supergraph says so.
  transportEntries: {
    ...(env.PFX_URL && { pfx: { location: env.PFX_URL } }),
    ...(env.DIRECTORY_URL && { directory: { location: env.DIRECTORY_URL } }),
  },

  // The caller's token goes to the subgraph that needs it and to no other one, and nothing else goes along.
  // https://the-guild.dev/graphql/hive/docs/gateway/other-features/header-propagation
  propagateHeaders: {
    fromClientToSubgraphs({ request, subgraphName }) {
      if (subgraphName !== "pfx") return {};
      return {
        authorization: request.headers.get("authorization"),
        "router-authorization": env.ROUTER_SECRET || null,
      };
    },
    // What a client needs to sign in again, claims challenges included, where it reads headers rather than errors.
    fromSubgraphsToClient({ response, subgraphName }) {
      if (subgraphName === "pfx") return { "www-authenticate": response.headers.get("www-authenticate") };
    },
  },

  // https://the-guild.dev/graphql/hive/docs/gateway/other-features/upstream-reliability
  // No upstreamRetry: it would repeat mutations as well, and the gateway has tried again by itself where that is safe.
  upstreamTimeout: subgraphTimeoutMs,

  // Errors that are no GraphQL errors of a subgraph are masked, which is the default.
  // https://the-guild.dev/graphql/hive/docs/gateway/other-features/security/error-masking
  maskedErrors: true,

  // https://the-guild.dev/graphql/hive/docs/gateway/other-features/custom-plugins
  plugins: () => [forgetRequests, hideValues],
};
