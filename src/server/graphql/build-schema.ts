/**
 * Builds the executable Federation 2 schema from the TypeGraphQL classes. TypeGraphQL's metadata is global, so this runs once
 * per process. The steps are classes → SDL with directives → subgraph schema, because Apollo's subgraph library works on SDL.
 */
import "reflect-metadata";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { printSchemaWithDirectives } from "@graphql-tools/utils";
import { type GraphQLObjectType, type GraphQLSchema, isObjectType, isUnionType, parse } from "graphql";
import { buildSchemaSync, createResolversMap } from "type-graphql";
import type { GatewayContext } from "../../context.ts";
import { badUserInput, type InvalidValue } from "../../errors.ts";
import { entityNames, isRepresentation, resolveEntities } from "../../resolvers/entities.ts";
import { UserResolver } from "../../resolvers/user.ts";
import { UserPfxCertificateResolver } from "../../resolvers/user-pfx-certificate.ts";
import { callMutationsDirectly } from "./call-mutations.ts";
import { validateArgument } from "./validate-argument.ts";

const federation = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@shareable"])`;

let schemas: { sdl: string; schema: GraphQLSchema } | undefined;

/** Returns the subgraph's schema and its SDL, the text of `schema.graphql`. */
export function buildSchema(): { sdl: string; schema: GraphQLSchema } {
  schemas ??= build();
  return schemas;
}

function build(): { sdl: string; schema: GraphQLSchema } {
  const classes = buildSchemaSync({
    resolvers: [UserPfxCertificateResolver, UserResolver],
    validateFn: validateArgument,
    skipCheck: true, // type-graphql would compare graphql's version with its own peer range at every start
  });
  describeRoot(classes.getQueryType(), "Read Intune's certificates, by id or page by page.");
  describeRoot(classes.getMutationType(), "Write operations. Each one is safe to repeat.");
  const sdl = `${federation}\n\n${printSchemaWithDirectives(classes)}\n`;
  const resolvers = createResolversMap(classes);
  // createResolversMap is typed for graphql-tools' looser shape of the same object.
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers as never }]);
  callMutationsDirectly(schema);
  serveEntities(schema);
  describeFederation(schema);
  reuseResolvedOutcome(schema);
  serveSdl(schema, sdl);
  return { sdl, schema };
}

/** Serves the committed SDL verbatim from `_service`. Apollo's own SDL adds the definitions of federation. */
function serveSdl(schema: GraphQLSchema, sdl: string): void {
  const field = schema.getQueryType()?.getFields()._service;
  if (field === undefined) throw new Error("the schema has no service");
  field.resolve = () => ({ sdl });
}

/**
 * A compiled operation may have called the resolver and then left the rest to graphql-js. The resolver must not run twice: see
 * `compile-operation.ts`.
 */
function reuseResolvedOutcome(schema: GraphQLSchema): void {
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      const { resolve } = field;
      if (resolve === undefined) continue;
      field.resolve = (source, args, context: GatewayContext, info) =>
        context.resolved === undefined ? resolve(source, args, context, info) : context.resolved.outcome;
    }
  }
}

/** TypeGraphQL has no option for the description of a root type. */
function describeRoot(type: GraphQLObjectType | null | undefined, description: string): void {
  if (type) type.description = description;
}

/** Describes the types and fields that Apollo's subgraph library adds: they have no descriptions, and explorers show them. */
function describeFederation(schema: GraphQLSchema): void {
  const description = "For Apollo Federation routers.";
  for (const type of Object.values(schema.getTypeMap())) {
    const isOurs = !type.name.includes("_");
    if (!isOurs) type.description ??= description;
    for (const field of isObjectType(type) ? Object.values(type.getFields()) : []) {
      if (isOurs && !field.name.startsWith("_")) continue;
      field.description ??= description;
      for (const argument of field.args) argument.description ??= description;
    }
  }
}

/**
 * Maximum number of representations in all fields of one request. A request may read fewer certificates; a router asks for the
 * entities of one list of its own.
 */
const maxRepresentations = 1000;
const representationCounts = new WeakMap<GatewayContext, number>();

/**
 * Checks and counts representations, then resolves them. They are untyped, so an unknown entity is the caller's mistake, not a bug
 * in the gateway. No other limit counts them, and each is a request to Graph. Apollo's own resolver has a promise for each entity.
 */
function serveEntities(schema: GraphQLSchema): void {
  const field = schema.getQueryType()?.getFields()._entities;
  const entities = schema.getType("_Entity");
  if (field === undefined || !isUnionType(entities)) throw new Error("the schema has no entities");
  entities.resolveType = undefined; // Apollo's version reads __typename, as graphql-js and compiled operations do without it
  field.resolve = (_, args, context: GatewayContext) => {
    const given: unknown[] = args.representations;
    const count = given.length + (representationCounts.get(context) ?? 0);
    representationCounts.set(context, count);
    if (count > maxRepresentations) {
      throw badUserInput([{ path: "representations", message: `must have at most ${maxRepresentations} items` }]);
    }
    if (!given.every(isRepresentation)) throw badUserInput(given.flatMap(unknownEntity));
    return resolveEntities(given, context);
  };
}

function unknownEntity(representation: unknown, index: number): InvalidValue[] {
  if (isRepresentation(representation)) return [];
  return [{ path: `representations.${index}.__typename`, message: `must be one of ${entityNames.join(", ")}` }];
}
