/** `npm run codegen` runs this: writes the SDL of the TypeGraphQL classes to `schema.graphql`. */
import { writeFileSync } from "node:fs";
import { buildSchema } from "../server/graphql/build-schema.ts";

writeFileSync(new URL("../../schema.graphql", import.meta.url), buildSchema().sdl);
