/** Everything behind a router: the emulator in this process, the built gateway as a program, the directory. */
import { env } from "node:process";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { importBuilt, startGateway } from "../../program.mjs";
import { readSupergraph } from "../compose.mjs";
import { startDirectory } from "../directory.mjs";
import { startHive } from "../hive.mjs";
import { createApolloGateway, formatError } from "../router/apollo-gateway.mjs";
import { startRecorder } from "./recorder.mjs";

export async function startStack() {
  const [{ startEmulator }, { seedRecords }] = await Promise.all([
    importBuilt("emulator/server.js"),
    importBuilt("emulator/seed.js"),
  ]);
  const emulator = await startEmulator({ seed: seedRecords() });
  const routerSecret = "of-this-test";
  const gateway = await startGateway({
    PORT: "0",
    GRAPH_BASE_URL: emulator.url,
    ALLOW_LOOPBACK_UPSTREAM: "true",
    AUTH_MODE: "passthrough",
    ROUTER_SECRET: routerSecret,
  });
  const directory = await startDirectory(0);
  const pfxCalls = await startRecorder(gateway.url);
  const directoryCalls = await startRecorder(directory.url);
  Object.assign(env, { PFX_URL: pfxCalls.url, DIRECTORY_URL: directoryCalls.url, ROUTER_SECRET: routerSecret });
  return {
    emulator,
    gatewayUrl: gateway.url,
    pfxCalls: pfxCalls.calls,
    directoryCalls: directoryCalls.calls,
    cutPfx: pfxCalls.cut,
    hangPfx: pfxCalls.hang,
    /** Forgets what was recorded, and the faults. */
    reset() {
      pfxCalls.calls.length = 0;
      directoryCalls.calls.length = 0;
      emulator.faults.clear();
      emulator.reset();
    },
    async close() {
      for (const each of [pfxCalls, directoryCalls, directory, gateway, emulator]) await each.close();
    },
  };
}

/** The routers of `router/`, by name, each to be started after the stack; with their own time for subgraphs unless told. */
export const routers = {
  async "Hive Gateway"(timeoutMs) {
    const { gatewayConfig } = await import("../router/hive-gateway.config.mjs");
    return startHive({ ...gatewayConfig, ...(timeoutMs && { upstreamTimeout: timeoutMs }) }, 0);
  },
  async "Apollo Gateway"(timeoutMs) {
    const urls = { pfx: env.PFX_URL, directory: env.DIRECTORY_URL };
    const gateway = createApolloGateway({ supergraphSdl: readSupergraph(), urls, timeoutMs });
    const server = new ApolloServer({ gateway, formatError, includeStacktraceInErrorResponses: false });
    const { url } = await startStandaloneServer(server, {
      listen: { port: 0, host: "127.0.0.1" },
      context: async ({ req }) => ({ authorization: req.headers.authorization }),
    });
    return { url, close: () => server.stop() };
  },
};

/** What a router answers. */
export async function send(url, query, variables = {}, headers = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, headers: response.headers, ...(await response.json()) };
}
