/** Mercurius on fastify; with `JIT` set, operations are compiled from their second execution on. */
import { makeExecutableSchema } from "@graphql-tools/schema";
import Fastify from "fastify";
import mercurius from "mercurius";
import { requestGraph } from "./graph.mjs";
import { resolversOver, typeDefs } from "./schema.mjs";

const app = Fastify({ bodyLimit: 2_097_152 });
app.register(mercurius, {
  // Mercurius' own `resolvers` leave out the values of enums.
  schema: makeExecutableSchema({ typeDefs, resolvers: resolversOver(requestGraph) }),
  jit: process.env.JIT ? 1 : 0,
  context: (request) => ({ authorization: request.headers.authorization }),
});
await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
