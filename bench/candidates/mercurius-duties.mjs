/** Mercurius with JIT, and with the gateway's duties. */
import { makeExecutableSchema } from "@graphql-tools/schema";
import Fastify from "fastify";
import mercurius from "mercurius";
import { answered, dutifulResolvers, limitDocument, limitTokens, newRequestId } from "./duties.mjs";
import { requestGraph } from "./graph.mjs";
import { typeDefs } from "./schema.mjs";

const app = Fastify({ bodyLimit: 2_097_152, genReqId: newRequestId });
app.register(mercurius, {
  schema: makeExecutableSchema({ typeDefs, resolvers: dutifulResolvers(requestGraph) }),
  jit: 1,
  validationRules: [limitDocument],
  context: (request) => ({ id: request.id, authorization: request.headers.authorization, request }),
});
app.addHook("onResponse", async (request, reply) => {
  answered({
    id: request.id,
    status: reply.statusCode,
    durationMs: reply.elapsedTime,
    bytesIn: Number(request.headers["content-length"]),
    bytesOut: Number(reply.getHeader("content-length")),
    operationType: request.operationType ?? "none",
  });
});
await app.ready();
app.graphql.addHook("preParsing", async (_, source) => limitTokens(source));
app.graphql.addHook("preExecution", async (_, document, context) => {
  context.request.operationType = document.definitions[0].operation;
});
await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
