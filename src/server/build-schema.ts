/**
 * The executable Federation 2 schema, from the TypeGraphQL classes. TypeGraphQL's metadata is global, so this runs once per
 * process. The way is classes → SDL with directives → subgraph schema, because Apollo's subgraph library works on SDL.
 */
import "reflect-metadata";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { printSchemaWithDirectives } from "@graphql-tools/utils";
import { type GraphQLSchema, parse } from "graphql";
import { buildSchemaSync, createResolversMap } from "type-graphql";
import { UserResolver } from "../resolvers/user.ts";
import { resolveUserPfxCertificateReference, UserPfxCertificateResolver } from "../resolvers/user-pfx-certificate.ts";
import { validateArgument } from "./validate-argument.ts";

const federation = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@shareable"])`;

let schemas: { sdl: string; schema: GraphQLSchema } | undefined;

/** The subgraph's schema and its SDL, the text of `schema.graphql`. */
export function buildSchema(): { sdl: string; schema: GraphQLSchema } {
  schemas ??= build();
  return schemas;
}

function build(): { sdl: string; schema: GraphQLSchema } {
  const classes = buildSchemaSync({
    resolvers: [UserPfxCertificateResolver, UserResolver],
    validateFn: validateArgument,
    skipCheck: true, // type-graphql compares graphql versions with its own peer range at every start
  });
  const sdl = `${federation}\n\n${printSchemaWithDirectives(classes)}\n`;
  const map = createResolversMap(classes);
  const resolvers = {
    ...map,
    UserPfxCertificate: { ...map.UserPfxCertificate, __resolveReference: resolveUserPfxCertificateReference },
  };
  // createResolversMap is typed for graphql-tools' looser shape of the same object.
  return { sdl, schema: buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers as never }]) };
}
