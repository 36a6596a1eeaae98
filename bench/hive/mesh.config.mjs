/** Microsoft's OpenAPI description as a subgraph, its server the benchmark's upstream; for `mesh-compose`. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "@graphql-mesh/compose-cli";
import { loadOpenAPISubgraph } from "@omnigraph/openapi";

export const composeConfig = defineConfig({
  subgraphs: [
    {
      sourceHandler: loadOpenAPISubgraph("graph", {
        source: fileURLToPath(new URL("../../test/contract/userpfx.openapi.json", import.meta.url)),
        endpoint: process.env.GRAPH_BASE_URL,
        operationHeaders: { authorization: "{context.headers['authorization']}" },
      }),
    },
  ],
});
