/** Apollo Server on express with a resolver that fetches: its documentation's example. */
import { ApolloServer } from "@apollo/server";
import { expressMiddleware } from "@as-integrations/express5";
import express from "express";
import { fetchGraph } from "./graph.mjs";
import { resolversOver, typeDefs } from "./schema.mjs";

const server = new ApolloServer({ typeDefs, resolvers: resolversOver(fetchGraph), stopOnTerminationSignals: false });
await server.start();
const context = async ({ req }) => ({ authorization: req.headers.authorization });
express()
  .use("/graphql", express.json({ limit: "2mb" }), expressMiddleware(server, { context }))
  .listen(Number(process.env.PORT), "127.0.0.1");
