/** GraphQL Yoga on node:http, with the gateway's duties. */
import { createServer } from "node:http";
import { createSchema, createYoga } from "graphql-yoga";
import { answered, dutifulResolvers, limitDocument, limitTokens, newRequestId } from "./duties.mjs";
import { requestGraph } from "./graph.mjs";
import { typeDefs } from "./schema.mjs";

const limits = {
  onParse: ({ params: { source } }) => limitTokens(source),
  onValidate: ({ addValidationRule }) => addValidationRule(limitDocument),
  onExecute({ args }) {
    args.contextValue.req.operationType = args.document.definitions[0].operation;
  },
};
const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers: dutifulResolvers(requestGraph) }),
  plugins: [limits],
  logging: false,
  context: ({ request, req }) => ({ id: req.id, authorization: request.headers.get("authorization") }),
});
createServer((request, response) => {
  const startedAt = performance.now();
  request.id = newRequestId();
  response.once("finish", () =>
    answered({
      id: request.id,
      status: response.statusCode,
      durationMs: performance.now() - startedAt,
      bytesIn: Number(request.headers["content-length"]),
      bytesOut: Number(response.getHeader("content-length")),
      operationType: request.operationType ?? "none",
    }),
  );
  yoga(request, response);
}).listen(Number(process.env.PORT), "127.0.0.1");
