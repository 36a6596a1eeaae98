/**
 * What this gateway has to do beside GraphQL, for peers that are to do the same: the input's rules by class-validator, limits of
 * documents, an access line and an audit line by pino, metrics of requests by prom-client. The input's class is the gateway's own.
 */
import "reflect-metadata";
import { createHash, randomUUID } from "node:crypto";
import { validateOrReject } from "class-validator";
import { GraphQLError, parse } from "graphql";
import { pino } from "pino";
import { Counter, Histogram, Registry } from "prom-client";
import { CreateUserPfxCertificateInput } from "../../dist/schema/create-user-pfx-certificate-input.js";
import { enums, operations } from "./schema.mjs";

const maxTokens = 10_000;
const maxDepth = 30;
const maxAliases = 100;

const log = pino({ base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(1));

const registry = new Registry();
const requests = new Histogram({
  name: "http_request_duration_seconds",
  help: "Requests",
  labelNames: ["route", "status"],
  registers: [registry],
});
const operationsTotal = new Counter({
  name: "graphql_operations_total",
  help: "Operations",
  labelNames: ["type", "outcome"],
  registers: [registry],
});
const graph = new Histogram({
  name: "graph_request_duration_seconds",
  help: "Requests to Graph",
  labelNames: ["operation"],
  registers: [registry],
});

/** The resolvers of schema.mjs, with their duties. Their context also has the request's `id`. @param ask as there. */
export function dutifulResolvers(ask) {
  const timed = async (operation, work) => {
    const stop = graph.startTimer({ operation });
    try {
      return await work();
    } finally {
      stop();
    }
  };
  const { create, list } = operations(ask);
  return {
    ...enums,
    Query: {
      userPfxCertificates: (_, { first }, { authorization }) => timed("list", () => list(first, authorization)),
    },
    Mutation: { createUserPfxCertificate },
  };

  async function createUserPfxCertificate(_, { input }, context) {
    await validateOrReject(Object.assign(new CreateUserPfxCertificateInput(), input));
    const created = await timed("create", () => create(input, context.authorization));
    log.info({
      operation: "create",
      outcome: "success",
      httpRequestId: context.id,
      mode: "passthrough",
      certificateId: created.id,
      thumbprint: input.thumbprint,
      userPrincipalNameSha256: createHash("sha256").update(input.userPrincipalName).digest("hex"),
      msg: "audit",
    });
    return created;
  }
}

export const newRequestId = () => randomUUID();

/** An access line and metrics of one request that has been answered. */
export function answered({ id, status, durationMs, bytesIn, bytesOut, operationType }) {
  requests.observe({ route: "/graphql", status }, durationMs / 1000);
  operationsTotal.inc({ type: operationType, outcome: status < 400 ? "success" : "error" });
  log.info({
    id,
    method: "POST",
    route: "/graphql",
    status,
    durationMs,
    bytesIn,
    bytesOut,
    operationType,
    msg: "access",
  });
}

/** @throws {GraphQLError} if the document has more tokens than that. */
export function limitTokens(source) {
  parse(source, { maxTokens });
}

/** A validation rule of GraphQL.js. */
export function limitDocument(context) {
  let depth = 0;
  let aliases = 0;
  return {
    SelectionSet: {
      enter(node) {
        depth += 1;
        if (depth > maxDepth) context.reportError(new GraphQLError("The document is too deep.", { nodes: node }));
      },
      leave() {
        depth -= 1;
      },
    },
    Field(node) {
      if (node.alias !== undefined) aliases += 1;
      if (aliases > maxAliases) context.reportError(new GraphQLError("Too many aliases.", { nodes: node }));
    },
  };
}
