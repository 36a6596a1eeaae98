/** GraphQL Yoga on node:http. */
import { createServer } from "node:http";
import { createSchema, createYoga } from "graphql-yoga";
import { requestGraph } from "./graph.mjs";
import { resolversOver, typeDefs } from "./schema.mjs";

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers: resolversOver(requestGraph) }),
  logging: false,
  context: ({ request }) => ({ authorization: request.headers.get("authorization") }),
});
createServer(yoga).listen(Number(process.env.PORT), "127.0.0.1");
