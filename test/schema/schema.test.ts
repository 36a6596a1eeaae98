/** The schema as it is published: complete, described, named after Graph, and a Federation 2 subgraph. */
import { readFileSync } from "node:fs";
import {
  type GraphQLField,
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
} from "graphql";
import { describe, expect, it } from "vitest";
import { seedRecords } from "../../src/emulator/seed.ts";
import { UserPfxIntendedPurpose } from "../../src/schema/user-pfx-intended-purpose.ts";
import { UserPfxPaddingScheme } from "../../src/schema/user-pfx-padding-scheme.ts";
import { buildSchema } from "../../src/server/graphql/build-schema.ts";
import { startGateway } from "../support/gateway.ts";
import { codesOf } from "../support/leaks.ts";

const { sdl, schema } = buildSchema();

interface OpenApi {
  components: { schemas: Record<string, { properties?: object; enum?: string[] }> };
}

const openApi: OpenApi = JSON.parse(readFileSync(new URL("../contract/userpfx.openapi.json", import.meta.url), "utf8"));

function openApiSchema(name: string): { properties: string[]; members: string[] } {
  const { properties = {}, enum: members = [] } = openApi.components.schemas[`microsoft.graph.${name}`] ?? {};
  return { properties: Object.keys(properties).filter((property) => !property.startsWith("@")), members };
}

/** The types of this project: none of GraphQL's own, none that the federation library adds. */
const ownTypes = Object.values(schema.getTypeMap()).filter(
  (type) => !type.name.startsWith("_") && !isSpecifiedScalarType(type) && isPublished(type.name),
);

function isPublished(name: string): boolean {
  return new RegExp(`^(type|input|enum|scalar|union|interface) ${name}\\b`, "m").test(sdl);
}

interface Described {
  name: string;
  description: string | null;
  fields?: Described[] | null;
  args?: Described[] | null;
  inputFields?: Described[] | null;
  enumValues?: Described[] | null;
}

const introspectDescriptions = `{ __schema { types {
  name description
  fields { name description args { name description } }
  inputFields { name description }
  enumValues { name description }
} } }`;

function fieldsOf(type: GraphQLNamedType): GraphQLField<unknown, unknown>[] {
  return isObjectType(type) || isInterfaceType(type)
    ? Object.values(type.getFields()).filter(({ name }) => !name.startsWith("_"))
    : [];
}

/** Everything of a type that can be described, by its path in the schema. */
function describedIn(type: GraphQLNamedType): [path: string, description: string][] {
  const roots = [schema.getQueryType(), schema.getMutationType()].includes(isObjectType(type) ? type : undefined);
  return [
    ...(roots ? [] : [{ path: type.name, description: type.description }]),
    ...fieldsOf(type).flatMap((field) => [
      { path: `${type.name}.${field.name}`, description: field.description },
      ...field.args.map(({ name, description }) => ({ path: `${type.name}.${field.name}(${name})`, description })),
    ]),
    ...(isInputObjectType(type) ? Object.values(type.getFields()) : []).map(({ name, description }) => ({
      path: `${type.name}.${name}`,
      description,
    })),
    ...(isEnumType(type) ? type.getValues() : []).map(({ name, description }) => ({
      path: `${type.name}.${name}`,
      description,
    })),
  ].map(({ path, description }) => [path, description ?? ""]);
}

/** Camel case taken apart before each capital: `oaepSha256` → `OAEP_SHA256`. */
function upperSnaked(wire: string): string {
  return wire.replace(/[A-Z]/g, (capital) => `_${capital}`).toUpperCase();
}

describe("the schema", () => {
  it("equals the committed schema.graphql", () => {
    const committed = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");

    expect(committed).toBe(sdl);
  });

  it("has the types of the contract", () => {
    expect(ownTypes.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "Query",
        "Mutation",
        "UserPfxCertificate",
        "UserPfxCertificateConnection",
        "UserPfxCertificateEdge",
        "UserPfxCertificateFilter",
        "CreateUserPfxCertificateInput",
        "UpdateUserPfxCertificateInput",
        "UserPfxIntendedPurpose",
        "UserPfxPaddingScheme",
        "DateTimeOffset",
        "Base64",
        "PageInfo",
        "User",
      ]),
    );
  });

  it.each(ownTypes.map((type): [string, GraphQLNamedType] => [type.name, type]))(
    "describes %s, its fields, arguments and values in sentences with a full stop",
    (_, type) => {
      const described = describedIn(type);

      expect(described.length).toBeGreaterThan(0);
      expect(described.filter(([, description]) => !/^\S.*\.$/s.test(description))).toEqual([]);
    },
  );

  it("has a description for everything, including the federation library's types", async () => {
    await using gateway = await startGateway();

    const { data } = await gateway.send<{ __schema: { types: Described[] } }, object>(introspectDescriptions);

    const undescribed = (path: string, parts: readonly Described[] | null | undefined): string[] =>
      (parts ?? []).flatMap(({ name, description, ...more }) => [
        ...(description ? [] : [`${path}${name}`]),
        ...[more.fields, more.inputFields, more.enumValues, more.args].flatMap((of) =>
          undescribed(`${path}${name}.`, of),
        ),
      ]);
    const types = data?.__schema.types ?? [];
    expect(types.length).toBeGreaterThan(20);
    expect(undescribed("", types)).toEqual([]);
  });

  it("has all thirteen properties of Graph's entity with Graph's names, the owner and the owner's id", () => {
    const { properties } = openApiSchema("userPFXCertificate");
    const type = schema.getType("UserPfxCertificate");

    expect(properties).toHaveLength(13);
    expect(
      type &&
        fieldsOf(type)
          .map(({ name }) => name)
          .sort(),
    ).toEqual([...properties, "user", "userId"].sort());
  });

  it("lets a client write all properties except those that Graph sets", () => {
    const graphs = ["id", "createdDateTime", "lastModifiedDateTime"];
    const writable = openApiSchema("userPFXCertificate").properties.filter((name) => !graphs.includes(name));

    for (const [name, nonNull] of [
      ["CreateUserPfxCertificateInput", true],
      ["UpdateUserPfxCertificateInput", false],
    ] as const) {
      const type = schema.getType(name);
      const fields = isInputObjectType(type) ? Object.values(type.getFields()) : [];
      expect(fields.map((field) => field.name).sort()).toEqual(writable.sort());
      expect(fields.map((field) => String(field.type).endsWith("!"))).toEqual(fields.map(() => nonNull));
    }
  });

  it.each([
    ["UserPfxIntendedPurpose", "userPfxIntendedPurpose", UserPfxIntendedPurpose],
    ["UserPfxPaddingScheme", "userPfxPaddingScheme", UserPfxPaddingScheme],
  ])("has Graph's members in %s, each the wire value in upper snake case", (name, graphName, members) => {
    const { members: wire } = openApiSchema(graphName);
    const type = schema.getType(name);

    expect(Object.values(members)).toEqual(wire);
    expect(Object.keys(members)).toEqual(wire.map(upperSnaked));
    expect(isEnumType(type) && type.getValues().map((value) => [value.name, value.value])).toEqual(
      Object.entries(members),
    );
  });

  it("writes upper snake case as in the contract", () => {
    expect(["oaepSha256", "pkcs1", "smimeEncryption", "none"].map(upperSnaked)).toEqual([
      "OAEP_SHA256",
      "PKCS1",
      "SMIME_ENCRYPTION",
      "NONE",
    ]);
  });

  it("has the paging arguments and defaults of the contract", () => {
    for (const field of [schema.getQueryType()?.getFields().userPfxCertificates, userField("pfxCertificates")]) {
      const args = Object.fromEntries(
        (field?.args ?? []).map(({ name, type, defaultValue }) => [name, [String(type), defaultValue]]),
      );
      expect(args).toEqual({
        first: ["Int", 50],
        after: ["String", undefined],
        filter: ["UserPfxCertificateFilter", undefined],
      });
    }
  });
});

function userField(name: string): GraphQLField<unknown, unknown> | undefined {
  const user = schema.getType("User");
  return isObjectType(user) ? user.getFields()[name] : undefined;
}

const ENTITIES = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on UserPfxCertificate { id thumbprint }
    ... on User { userPrincipalName pfxCertificates { nodes { id } } }
  }
}`;

describe("the subgraph", () => {
  it("answers its SDL with the keys of its entities", async () => {
    await using gateway = await startGateway();

    const { data } = await gateway.send<{ _service: { sdl: string } }, object>("{ _service { sdl } }");

    const answered = data?._service.sdl;
    expect(answered).toContain('type UserPfxCertificate @key(fields: "id")');
    expect(answered).toContain('type User @key(fields: "userPrincipalName")');
    expect(answered).toContain("type PageInfo @shareable");
    expect(answered).toMatch(/@link\(url: "https:\/\/specs\.apollo\.dev\/federation\/v2\./);
  });

  it("resolves certificates in the requested order, with null for missing ones", async () => {
    await using gateway = await startGateway({ seed: seedRecords(5) });
    const ids = gateway.emulator.records.map(({ id }) => id);
    const asked = [ids[3], "gone-1", ids[0], ids[3], "gone-2", ids[4]];

    const { data, errors } = await gateway.send<{ _entities: ({ id: string } | null)[] }, object>(ENTITIES, {
      representations: asked.map((id) => ({ __typename: "UserPfxCertificate", id })),
    });

    expect(errors).toBeUndefined();
    expect(data?._entities.map((entity) => entity?.id)).toEqual([ids[3], undefined, ids[0], ids[3], undefined, ids[4]]);
    expect(data?._entities[1]).toBeNull();
  });

  it("resolves users to their certificates, ignoring case, with none for unknown users", async () => {
    await using gateway = await startGateway({ seed: seedRecords(5) });
    const [, second, third] = gateway.emulator.records;
    const names = [third?.userPrincipalName, second?.userPrincipalName.toUpperCase(), "nobody@contoso.example"];

    const { data, errors } = await gateway.send(ENTITIES, {
      representations: names.map((userPrincipalName) => ({ __typename: "User", userPrincipalName })),
    });

    expect(errors).toBeUndefined();
    expect(data).toEqual({
      _entities: [
        { __typename: "User", userPrincipalName: names[0], pfxCertificates: { nodes: [{ id: third?.id }] } },
        { __typename: "User", userPrincipalName: names[1], pfxCertificates: { nodes: [{ id: second?.id }] } },
        { __typename: "User", userPrincipalName: names[2], pfxCertificates: { nodes: [] } },
      ],
    });
  });

  it("resolves a mixture of both", async () => {
    await using gateway = await startGateway({ seed: seedRecords(2) });
    const [first, second] = gateway.emulator.records;

    const { data } = await gateway.send<{ _entities: { __typename: string }[] }, object>(ENTITIES, {
      representations: [
        { __typename: "User", userPrincipalName: first?.userPrincipalName },
        { __typename: "UserPfxCertificate", id: second?.id },
      ],
    });

    expect(data?._entities.map(({ __typename }) => __typename)).toEqual(["User", "UserPfxCertificate"]);
  });

  it.each([
    ["no id", {}],
    ["a null id", { id: null }],
    ["a list for an id", { id: ["a"] }],
    ["an object for an id", { id: { id: "a" } }],
    ["another path for an id", { id: "../users" }],
  ])("rejects a certificate with %s without a request to Graph, and still resolves its neighbour", async (_, key) => {
    await using gateway = await startGateway({ seed: seedRecords(1) });
    const id = gateway.emulator.records[0]?.id;
    const representations = [
      { __typename: "UserPfxCertificate", ...key },
      { __typename: "UserPfxCertificate", id },
    ];

    const answer = await gateway.send<{ _entities: unknown[] }, object>(ENTITIES, { representations });

    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(answer.errors?.[0]?.path).toEqual(["_entities", 0]);
    expect(answer.data?._entities).toMatchObject([null, { id }]);
    expect(gateway.emulator.requests.map(({ path }) => path)).toEqual([`/deviceManagement/userPfxCertificates/${id}`]);
  });
});
