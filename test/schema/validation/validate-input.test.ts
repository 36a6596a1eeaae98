/**
 * What the inputs refuse, before anything is sent to Graph: by path and rule, all problems at once, and never with a piece
 * of the value. Every wrong value comes in three ways: as a variable, as a literal, and as a variable within a literal.
 */
import fc from "fast-check";
import { CreateUserPfxCertificateDocument as CREATE } from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { UserPfxIntendedPurpose } from "../../../src/schema/user-pfx-intended-purpose.ts";
import { UserPfxPaddingScheme } from "../../../src/schema/user-pfx-padding-scheme.ts";
import { type Answer, startGateway, type TestGateway } from "../../support/gateway.ts";
import { anInput } from "../../support/input.ts";
import { codesOf, invalidPathsOf, leaksOf } from "../../support/leaks.ts";
import { literalOf, Verbatim } from "../../support/literal.ts";
import { canary, type Property, properties, wrongOrders, wrongValues } from "./wrong-values.ts";

type Fields = Readonly<Record<string, unknown>>;

/** An operation with one input object, and a valid one for it. */
interface Operation {
  readonly inputType: string;
  readonly valid: Fields;
  /** The operation, given its variables' definitions and its input as they stand in a document. */
  document(definitions: string, input: string): string;
  readonly variables: Fields;
}

const creation: Operation = {
  inputType: "CreateUserPfxCertificateInput!",
  valid: { ...anInput() },
  document: (definitions, input) =>
    `mutation ${definitions && `(${definitions})`} { createUserPfxCertificate(input: ${input}) { id } }`,
  variables: {},
};

const update: Operation = {
  inputType: "UpdateUserPfxCertificateInput!",
  valid: {},
  document: (definitions, input) =>
    `mutation ($id: ID! ${definitions}) { updateUserPfxCertificate(id: $id, input: ${input}) { id } }`,
  variables: { id: "0123-4567" },
};

const enumTypes: Readonly<Record<string, string>> = {
  intendedPurpose: "UserPfxIntendedPurpose",
  paddingScheme: "UserPfxPaddingScheme",
};

/** The type a variable must have to stand in a property's place. */
function typeOf(operation: Operation, property: Property): string {
  const scalar = property.endsWith("DateTime")
    ? "DateTimeOffset"
    : property === "encryptedPfxBlob"
      ? "Base64"
      : "String";
  return `${enumTypes[property] ?? scalar}${operation === creation ? "!" : ""}`;
}

/** Enum members stand in a document without quotes, as does whatever could be one. */
function asLiterals(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const isMember = name in enumTypes && typeof value === "string" && /^[_A-Za-z]\w*$/.test(value);
      return [name, isMember ? new Verbatim(value) : value];
    }),
  );
}

type Way = (
  gateway: TestGateway,
  operation: Operation,
  property: Property,
  value: unknown,
) => Promise<Answer<Record<string, unknown>>>;

const ways: Readonly<Record<string, Way>> = {
  "as a variable": (gateway, operation, property, value) => {
    const document = operation.document(`$input: ${operation.inputType}`, "$input");
    return gateway.send(document, { ...operation.variables, input: { ...operation.valid, [property]: value } });
  },
  "as a literal": (gateway, operation, property, value) => {
    const fields = asLiterals({ ...operation.valid, [property]: value });
    return gateway.send(operation.document("", literalOf(fields)), operation.variables);
  },
  "as a variable within a literal": (gateway, operation, property, value) => {
    const fields = { ...asLiterals(operation.valid), [property]: new Verbatim("$value") };
    const document = operation.document(`$value: ${typeOf(operation, property)}`, literalOf(fields));
    return gateway.send(document, { ...operation.variables, value });
  },
};

/** What was made of a wrong value: its codes, its paths, and what should never have been repeated. */
function verdict(gateway: TestGateway, answer: Answer<unknown>, value: unknown) {
  return {
    codes: codesOf(answer),
    paths: invalidPathsOf(answer),
    leaks: leaksOf(typeof value === "string" ? value : (JSON.stringify(value) ?? ""), gateway, answer),
  };
}

/** A lone surrogate cannot be written as a GraphQL literal at all, neither raw nor escaped. */
function canBeLiteral(value: unknown): boolean {
  return typeof value !== "string" || !/\p{Cs}/u.test(value);
}

describe.each(Object.entries(ways))("createUserPfxCertificate, given a value %s,", (name, give) => {
  it.each(properties)("rejects every wrong %s", async (property) => {
    await using gateway = await startGateway();
    const isLiteral = name === "as a literal";
    const values = { missing: undefined, null: null, ...wrongValues[property] };

    for (const [how, value] of Object.entries(values).filter(([, each]) => !isLiteral || canBeLiteral(each))) {
      const answer = await give(gateway, creation, property, value);

      expect({ how, ...verdict(gateway, answer, value) }).toEqual({
        how,
        codes: ["BAD_USER_INPUT"],
        paths: [`input.${property}`],
        leaks: [],
      });
      expect(answer.data ?? null).toBeNull();
    }
    expect(gateway.emulator.requests).toEqual([]);
  });
});

// Literals are read for an update as they are for a create; variables differ, in that theirs may be null.
const waysOfUpdates = Object.entries(ways).filter(([name]) => name !== "as a literal");

describe.each(waysOfUpdates)("updateUserPfxCertificate, given a value %s,", (_, give) => {
  it.each(properties)("rejects every wrong %s", async (property) => {
    await using gateway = await startGateway();

    for (const [how, value] of Object.entries({ null: null, ...wrongValues[property] })) {
      const answer = await give(gateway, update, property, value);

      expect({ how, ...verdict(gateway, answer, value) }).toEqual({
        how,
        codes: ["BAD_USER_INPUT"],
        paths: [`input.${property}`],
        leaks: [],
      });
    }
    expect(gateway.emulator.requests).toEqual([]);
  });
});

describe("createUserPfxCertificate", () => {
  it.each(Object.entries(wrongOrders))("rejects a start that is not before the end: %s", async (_, [start, end]) => {
    await using gateway = await startGateway();
    const input = anInput({ startDateTime: start, expirationDateTime: end });

    const answer = await gateway.send(CREATE, { input });

    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(answer.errors?.[0]?.extensions?.invalid).toEqual([
      { path: "input.startDateTime", message: "must be before expirationDateTime" },
    ]);
    expect(leaksOf(start + end, gateway, answer)).toEqual([]);
    expect(gateway.emulator.requests).toEqual([]);
  });

  it.each(Object.entries(wrongOrders).filter(([, [start, end]]) => start !== end))(
    "accepts the same two dates in reverse order if the end is later: %s",
    async (how, [start, end]) => {
      await using gateway = await startGateway();
      const input = anInput({ startDateTime: end, expirationDateTime: start });

      const answer = await gateway.send(CREATE, { input });

      const isSameInstant = how.startsWith("the same instant");
      expect(codesOf(answer)).toEqual(isSameInstant ? ["BAD_USER_INPUT"] : []);
    },
  );

  it.each([
    ["2016-12-31t23:59:40.1234567-08:00", "2016-12-31T23:59:40.1234567-08:00"],
    ["2016-12-31T23:59:40z", "2016-12-31T23:59:40Z"],
    ["2016-12-31t23:59:40.1z", "2016-12-31T23:59:40.1Z"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"],
    ["2000-02-29T00:00:00+14:00", "2000-02-29T00:00:00+14:00"],
    ["0001-01-01T14:00:00+14:00", "0001-01-01T14:00:00+14:00"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"],
    ["2016-12-31T23:59:59.9999999-00:00", "2016-12-31T23:59:59.9999999-00:00"],
  ])("accepts the date-time %s and sends %s", async (given, sent) => {
    await using gateway = await startGateway();

    const answer = await gateway.send(CREATE, { input: anInput({ startDateTime: given }) });

    expect(answer.errors).toBeUndefined();
    expect(gateway.emulator.records[0]?.startDateTime).toBe(sent);
    expect(answer.data?.createUserPfxCertificate.startDateTime).toBe(sent);
  });

  it("accepts values of the maximum size", async () => {
    await using gateway = await startGateway();
    const input = anInput({
      encryptedPfxBlob: Buffer.alloc(1_048_576, canary).toString("base64"),
      encryptedPfxPassword: Buffer.alloc(1024, canary).toString("base64"),
      providerName: "p".repeat(1024),
      keyName: "k".repeat(1024),
      userPrincipalName: `${"u".repeat(1008)}@contoso.example`,
    });

    const { errors } = await gateway.send(CREATE, { input });

    expect(errors).toBeUndefined();
    expect(gateway.emulator.records[0]).toMatchObject({
      ...input,
      intendedPurpose: "smimeEncryption",
      paddingScheme: "oaepSha512",
    });
  });

  it("accepts an encrypted password of the minimum size", async () => {
    await using gateway = await startGateway();
    const encryptedPfxPassword = Buffer.alloc(128, canary).toString("base64");

    const { errors } = await gateway.send(CREATE, { input: anInput({ encryptedPfxPassword }) });

    expect(errors).toBeUndefined();
    expect(gateway.emulator.records[0]).toMatchObject({ encryptedPfxPassword });
  });

  it("names the wrong values of all ten properties at once", async () => {
    await using gateway = await startGateway();
    const input = {
      thumbprint: canary, // a rule
      intendedPurpose: canary, // the type
      userPrincipalName: [canary],
      startDateTime: canary,
      expirationDateTime: null,
      providerName: "",
      keyName: 8417203956178234,
      // paddingScheme is missing
      encryptedPfxBlob: "AA==",
      encryptedPfxPassword: `${canary}\u0000`,
      [canary]: canary,
    };
    const document = creation.document("$input: CreateUserPfxCertificateInput!", "$input");

    const asVariable = await gateway.send(document, { input });
    const asLiteral = await gateway.send(creation.document("", literalOf(asLiterals(input))));

    for (const answer of [asVariable, asLiteral]) {
      expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
      expect(invalidPathsOf(answer)).toEqual(["input", ...properties.map((name) => `input.${name}`)].sort());
      expect(answer.errors?.[0]?.message).toMatch(/ \(and 10 more; see extensions\.invalid\)$/);
    }
    expect(gateway.emulator.requests).toEqual([]);
  });

  it("names every broken rule at once if all types are right", async () => {
    await using gateway = await startGateway();
    const input = anInput({
      thumbprint: canary,
      userPrincipalName: canary,
      startDateTime: "2029-01-01T00:00:00Z",
      providerName: " ",
      keyName: "",
      encryptedPfxBlob: "",
      encryptedPfxPassword: "",
    });

    const answer = await gateway.send(CREATE, { input });

    const right = ["intendedPurpose", "expirationDateTime", "paddingScheme"];
    const wrong = properties.filter((name) => !right.includes(name));
    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(invalidPathsOf(answer)).toEqual(wrong.map((name) => `input.${name}`).sort());
    expect(leaksOf(canary, gateway, answer)).toEqual([]);
  });

  it.each([
    ["a name that is none", { "not a name": canary }, "has no property of that name"],
    ["a long name", { [canary.repeat(4)]: canary }, "has no property of that name"],
    ["a name of Graph's", { "@odata.type": canary }, "has no property of that name"],
    ["a property of the certificate that is Graph's to set", { id: canary }, "has no property id"],
    ["a property of every object", { constructor: canary }, "has no property constructor"],
    ["the prototype's name", JSON.parse(`{"__proto__": {"${canary}": "${canary}"}}`), "has no property __proto__"],
  ])("rejects an unknown property with %s", async (_, more: object, message) => {
    await using gateway = await startGateway();

    const document = creation.document("$input: CreateUserPfxCertificateInput!", "$input");
    const answer = await gateway.send(document, { input: { ...anInput(), ...more } });

    expect(answer.errors?.map(({ extensions }) => extensions)).toEqual([
      { code: "BAD_USER_INPUT", invalid: [{ path: "input", message }] },
    ]);
    expect(leaksOf(canary, gateway, answer)).toEqual([]);
    expect(gateway.emulator.requests).toEqual([]);
  });

  it("rejects an unknown property in a literal", async () => {
    await using gateway = await startGateway();

    const answer = await gateway.send(creation.document("", literalOf(asLiterals({ ...anInput(), secret: canary }))));

    expect(answer.errors?.[0]?.extensions).toEqual({
      code: "BAD_USER_INPUT",
      invalid: [{ path: "input", message: "has no property secret" }],
    });
    expect(leaksOf(canary, gateway, answer)).toEqual([]);
  });

  it("answers with one error that lists a hundred problems, more than graphql-js counts", async () => {
    await using gateway = await startGateway();
    const more = Object.fromEntries(Array.from({ length: 200 }, (_, number) => [`property${number}`, canary]));
    const document = creation.document("$input: CreateUserPfxCertificateInput!", "$input");

    const answer = await gateway.send(document, { input: { ...anInput(), ...more } });

    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(invalidPathsOf(answer)).toHaveLength(100);
    expect(leaksOf(canary, gateway, answer)).toEqual([]);
  });

  it("rejects a value that is nested as deeply as a body allows", async () => {
    await using gateway = await startGateway();
    const query = creation.document("$input: CreateUserPfxCertificateInput!", "$input");
    const input = JSON.stringify(anInput({ keyName: "@@" }));
    const nested = input.replace('"@@"', "[".repeat(100_000) + "]".repeat(100_000));

    const response = await fetch(gateway.url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer caller-token" },
      body: `{"query":${JSON.stringify(query)},"variables":{"input":${nested}}}`,
    });

    const answer: Answer<unknown> = JSON.parse(await response.text());
    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(invalidPathsOf(answer)).toEqual(["input.keyName"]);
  });

  it.each([
    ["nothing", undefined, "is required"],
    ["null", null, "must not be null"],
    ["a string", canary, "must be an object"],
    ["a number", 8417203956178234, "must be an object"],
    ["a list of inputs", [anInput()], "must be an object"],
  ])("rejects %s as the input", async (_, input, message) => {
    await using gateway = await startGateway();
    const document = creation.document("$input: CreateUserPfxCertificateInput!", "$input");

    const answer = await gateway.send(document, { input });

    expect(answer.errors?.map(({ extensions }) => extensions)).toEqual([
      { code: "BAD_USER_INPUT", invalid: [{ path: "input", message }] },
    ]);
    expect(leaksOf(JSON.stringify(input) ?? "", gateway, answer)).toEqual([]);
    expect(gateway.emulator.requests).toEqual([]);
  });

  it("rejects an explicit null that replaces a variable's default", async () => {
    await using gateway = await startGateway();
    const fields = { ...asLiterals({ ...anInput() }), thumbprint: new Verbatim("$value"), keyName: "" };
    const document = creation.document(`$value: String = "${canary}"`, literalOf(fields));

    const answer = await gateway.send(document, { value: null });

    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(invalidPathsOf(answer)).toEqual(["input.keyName", "input.thumbprint"]);
    expect(leaksOf(canary, gateway, answer)).toEqual([]);
  });

  it("rejects a literal with half a surrogate pair without quoting it", async () => {
    await using gateway = await startGateway();

    for (const text of [`"${canary}\\ud800"`, `"${canary}\ud800"`, `"${canary}\\u{d800}"`, `"${canary}`]) {
      const fields = { ...asLiterals({ ...anInput() }), keyName: new Verbatim(text) };
      const answer = await gateway.send(creation.document("", literalOf(fields)));

      expect(codesOf(answer)).toEqual(["GRAPHQL_PARSE_FAILED"]);
      expect(leaksOf(canary, gateway, answer)).toEqual([]);
    }
    expect(gateway.emulator.requests).toEqual([]);
  });
});

describe("updateUserPfxCertificate", () => {
  it.each([
    ["an empty input", {}],
    ["an input of nothing but undefined variables", new Verbatim("{ keyName: $value }")],
  ])("rejects %s", async (_, input) => {
    await using gateway = await startGateway();
    const definitions = input instanceof Verbatim ? "$value: String" : "";

    const answer = await gateway.send(update.document(definitions, literalOf(input)), update.variables);

    expect(answer.errors?.[0]?.extensions).toEqual({
      code: "BAD_USER_INPUT",
      invalid: [{ path: "input", message: "must give at least one property" }],
    });
    expect(gateway.emulator.requests).toEqual([]);
  });

  it("names every null at once", async () => {
    await using gateway = await startGateway();
    const input = Object.fromEntries(properties.map((name) => [name, null]));
    const document = update.document(`$input: ${update.inputType}`, "$input");

    const answer = await gateway.send(document, { ...update.variables, input });

    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(invalidPathsOf(answer)).toEqual(properties.map((name) => `input.${name}`).sort());
    expect(gateway.emulator.requests).toEqual([]);
  });

  it.each(Object.entries(wrongOrders))("rejects a start that is not before the end: %s", async (_, [start, end]) => {
    await using gateway = await startGateway();
    const document = update.document(`$input: ${update.inputType}`, "$input");
    const input = { startDateTime: start, expirationDateTime: end };

    const answer = await gateway.send(document, { ...update.variables, input });

    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(invalidPathsOf(answer)).toEqual(["input.startDateTime"]);
    expect(gateway.emulator.requests).toEqual([]);
  });
});

const LIST = `query ($first: Int, $after: String, $filter: UserPfxCertificateFilter) {
  userPfxCertificates(first: $first, after: $after, filter: $filter) { nodes { id } }
}`;

describe("userPfxCertificates", () => {
  it.each([
    ["thumbprint", wrongValues.thumbprint],
    ["intendedPurpose", wrongValues.intendedPurpose],
    ["userPrincipalName", wrongValues.userPrincipalName],
    ["expiresBefore", wrongValues.expirationDateTime],
    ["expiresAfter", wrongValues.expirationDateTime],
  ])("rejects every wrong %s of a filter", async (condition, values) => {
    await using gateway = await startGateway();

    for (const [how, value] of Object.entries(values)) {
      const filter = { [condition]: value };
      const asVariable = await gateway.send(LIST, { filter });
      const isMember = condition === "intendedPurpose" && typeof value === "string" && /^\w+$/.test(value);
      const literal = literalOf(isMember ? { [condition]: new Verbatim(value) } : filter);
      const answers = [asVariable];
      if (canBeLiteral(value) && !/: \d+}$/.test(literal)) {
        answers.push(await gateway.send(`{ userPfxCertificates(filter: ${literal}) { nodes { id } } }`));
      }

      for (const answer of answers) {
        expect({ how, ...verdict(gateway, answer, value) }).toEqual({
          how,
          codes: ["BAD_USER_INPUT"],
          paths: [`filter.${condition}`],
          leaks: [],
        });
      }
    }
    expect(gateway.emulator.requests).toEqual([]);
  });

  it.each([
    ["first", 0, "must be at least 1"],
    ["first", -1, "must be at least 1"],
    ["first", 1001, "must be at most 1000"],
    ["first", 2_147_483_647, "must be at most 1000"],
    ["first", 2_147_483_648, "must be a 32-bit whole number"],
    ["first", 1e100, "must be a 32-bit whole number"],
    ["first", 1.5, "must be a 32-bit whole number"],
    ["first", "8417203956178234", "must be a 32-bit whole number"],
    ["first", true, "must be a 32-bit whole number"],
    ["first", [5], "must be a 32-bit whole number"],
    ["first", { [canary]: 5 }, "must be a 32-bit whole number"],
    ["after", 8417203956178234, "must be a string"],
    ["after", [canary], "must be a string"],
    ["after", { [canary]: canary }, "must be a string"],
    ["after", canary, "must be a cursor from this gateway"],
    ["after", "", "must be a cursor from this gateway"],
    ["filter", canary, "must be an object"],
    ["filter", [canary], "must be an object"],
    ["filter", { secret: canary }, "has no property secret"],
  ])("rejects the %s %j", async (argument, value, message) => {
    await using gateway = await startGateway();

    const asVariable = await gateway.send(LIST, { [argument]: value });
    const asLiteral = await gateway.send(`{ userPfxCertificates(${argument}: ${literalOf(value)}) { nodes { id } } }`);

    for (const answer of [asVariable, asLiteral]) {
      expect(answer.errors?.map(({ extensions }) => extensions)).toEqual([
        { code: "BAD_USER_INPUT", invalid: [{ path: argument, message }] },
      ]);
      expect(leaksOf(JSON.stringify(value), gateway, answer)).toEqual([]);
    }
    expect(gateway.emulator.requests).toEqual([]);
  });

  it("names the type and rule problems of all its arguments at once", async () => {
    await using gateway = await startGateway();
    const filter = { thumbprint: canary, userPrincipalName: canary, intendedPurpose: canary, expiresAfter: canary };

    const answer = await gateway.send(LIST, { first: 0, after: 5, filter });

    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(invalidPathsOf(answer)).toEqual([
      "after",
      "filter.expiresAfter",
      "filter.intendedPurpose",
      "filter.thumbprint",
      "filter.userPrincipalName",
      "first",
    ]);
    expect(leaksOf(canary, gateway, answer)).toEqual([]);
  });

  it("treats null for every argument and condition as omitted", async () => {
    await using gateway = await startGateway();
    const conditions = ["userPrincipalName", "thumbprint", "intendedPurpose", "expiresBefore", "expiresAfter"];
    const filter = Object.fromEntries(conditions.map((name) => [name, null]));

    const answers = [
      await gateway.send(LIST, { first: null, after: null, filter: null }),
      await gateway.send(LIST, { filter }),
    ];

    expect(answers.map(({ errors }) => errors)).toEqual([undefined, undefined]);
    expect(gateway.emulator.requests.map(({ query }) => query)).toEqual([{}, {}]);
  });

  it("checks the arguments of a user's certificates by the same rules", async () => {
    await using gateway = await startGateway();
    const document = `query ($representations: [_Any!]!, $filter: UserPfxCertificateFilter) {
      _entities(representations: $representations) {
        ... on User { pfxCertificates(first: 1001, filter: $filter) { nodes { id } } }
      }
    }`;
    const representations = [{ __typename: "User", userPrincipalName: "megan@contoso.example" }];

    const answer = await gateway.send(document, { representations, filter: { thumbprint: canary } });

    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(invalidPathsOf(answer)).toEqual(["filter.thumbprint", "first"]);
    expect(leaksOf(canary, gateway, answer)).toEqual([]);
    expect(gateway.emulator.requests).toEqual([]);
  });
});

describe("a variable", () => {
  it.each([
    ["missing", {}, "is required"],
    ["null", { after: null }, "must not be null"],
  ])("that is declared non-null is named if it is %s, even where null would be allowed", async (_, given, message) => {
    await using gateway = await startGateway();

    const answer = await gateway.send<unknown, object>(
      "query ($after: String!) { userPfxCertificates(after: $after) { nodes { id } } }",
      given,
    );

    expect(answer.errors?.map(({ extensions }) => extensions)).toEqual([
      { code: "BAD_USER_INPUT", invalid: [{ path: "after", message }] },
    ]);
  });

  it("is named if its default is wrong, whether or not the default is used", async () => {
    await using gateway = await startGateway();
    const document = `query ($size: Int = "${canary}") { userPfxCertificates(first: $size) { nodes { id } } }`;

    const unused = await gateway.send(document, { size: 4 });
    const used = await gateway.send(document, {});

    expect([codesOf(unused), invalidPathsOf(unused)]).toEqual([["BAD_USER_INPUT"], ["size"]]);
    expect([codesOf(used), invalidPathsOf(used)]).toEqual([["BAD_USER_INPUT"], ["first"]]);
    for (const answer of [unused, used]) expect(leaksOf(canary, gateway, answer)).toEqual([]);
  });

  it("is named in a directive and in a fragment", async () => {
    await using gateway = await startGateway();
    const document = `query ($on: Boolean!, $size: Int) { ...page @include(if: $on) }
      fragment page on Query { userPfxCertificates(first: $size) { nodes { id } } }`;

    const answer = await gateway.send(document, { on: canary, size: canary });

    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(invalidPathsOf(answer)).toEqual(["first", "if"]);
    expect(leaksOf(canary, gateway, answer)).toEqual([]);
  });
});

/** JSON of any shape, with strings long enough for a leak to show. */
const anyJson = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ minLength: 12, maxLength: 60, unit: "binary" }),
  fc.string({ minLength: 12, maxLength: 60, unit: "grapheme" }),
  fc.array(fc.string({ minLength: 12 }), { maxLength: 3 }),
  fc.dictionary(fc.string(), fc.string({ minLength: 12 }), { maxKeys: 3 }),
);

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

const dateTime = fc
  .record({
    day: fc.date({ min: new Date("0002-01-01T00:00:00Z"), max: new Date("9998-12-31T00:00:00Z"), noInvalidDate: true }),
    fraction: fc.oneof(fc.constant(""), fc.stringMatching(/^\.[0-9]{1,7}$/)),
    zone: fc.oneof(fc.constantFrom("Z", "z", "-00:00"), fc.stringMatching(/^[+-](0[0-9]|1[0-3]):[0-5][0-9]$/)),
    mark: fc.constantFrom("T", "t"),
  })
  .map(({ day, fraction, zone, mark }) => {
    const [date = "", time = ""] = day.toISOString().slice(0, 19).split("T");
    return `${date}${mark}${time}${fraction}${zone}`;
  });

const base64 = fc.uint8Array({ minLength: 2, maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("base64"));

const name = fc
  .string({ minLength: 1, maxLength: 80, unit: "grapheme" })
  .filter(
    (text) =>
      text !== "" && text.trim() === text && !/[^\S ]|[\p{C}\u2800\p{Default_Ignorable_Code_Point}]/u.test(text),
  );

/** Every property valid, dates two days apart and more. */
const validInput = fc.record({
  thumbprint: fc.stringMatching(/^[0-9a-fA-F]{40}$/),
  intendedPurpose: fc.constantFrom(...Object.keys(UserPfxIntendedPurpose)),
  userPrincipalName: fc.stringMatching(/^[\w.!#$%&'*+/=?^`{|}~äßøλЖ字-]{1,40}@[a-zé0-9-]{1,20}\.[a-z]{2,8}$/),
  startDateTime: dateTime.filter((text) => text < "5000"),
  expirationDateTime: dateTime.filter((text) => text > "5001"),
  providerName: name,
  keyName: name,
  paddingScheme: fc.constantFrom(...Object.keys(UserPfxPaddingScheme)),
  encryptedPfxBlob: base64.filter((text) => text !== "AA=="),
  encryptedPfxPassword: fc
    .uint8Array({ minLength: 128, maxLength: 1024 })
    .map((bytes) => Buffer.from(bytes).toString("base64")),
});

const members: Readonly<Record<string, string>> = { ...UserPfxIntendedPurpose, ...UserPfxPaddingScheme };

describe("any JSON", () => {
  it("as a property is stored unchanged or rejected by the property's path, never quoted", async () => {
    await using gateway = await startGateway({ writeQuota: false, onDuplicate: "overwrite" });
    const document = creation.document("$input: CreateUserPfxCertificateInput!", "$input");

    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...properties), anyJson, async (property, value) => {
        gateway.emulator.reset();
        const answer = await gateway.send(document, { input: { ...anInput(), [property]: value } });

        const [sent] = gateway.emulator.requests;
        if (sent === undefined) {
          expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
          expect(invalidPathsOf(answer)).toEqual([`input.${property}`]);
        } else {
          expect(sent.body).toHaveProperty(property, value);
        }
        for (const text of stringsIn(value)) expect(leaksOf(text, gateway, answer)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("as the whole input is rejected, never quoted", async () => {
    await using gateway = await startGateway();
    const document = creation.document("$input: CreateUserPfxCertificateInput!", "$input");

    await fc.assert(
      fc.asyncProperty(anyJson, async (input) => {
        const answer = await gateway.send(document, { input });

        expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
        expect(invalidPathsOf(answer).every((path) => /^input(\.\w+)?$/.test(path))).toBe(true);
        for (const text of stringsIn(input)) expect(leaksOf(text, gateway, answer)).toEqual([]);
      }),
      { numRuns: 100 },
    );
    expect(gateway.emulator.requests).toEqual([]);
  });

  it("as all properties is rejected before anything is sent", async () => {
    await using gateway = await startGateway();
    const document = creation.document("$input: CreateUserPfxCertificateInput!", "$input");
    const anyInput = fc.record(Object.fromEntries(properties.map((property) => [property, anyJson])));

    await fc.assert(
      fc.asyncProperty(anyInput, async (input) => {
        const answer = await gateway.send(document, { input });

        expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
        expect(invalidPathsOf(answer)).toContain("input.thumbprint");
        expect(invalidPathsOf(answer)).toContain("input.paddingScheme");
        for (const text of stringsIn(input)) expect(leaksOf(text, gateway, answer)).toEqual([]);
      }),
      { numRuns: 50 },
    );
    expect(gateway.emulator.requests).toEqual([]);
  });
});

describe("any valid input", () => {
  it.each(["as a variable", "as a literal"])("%s is accepted and stored exactly", async (way) => {
    await using gateway = await startGateway({ writeQuota: false, onDuplicate: "overwrite" });

    await fc.assert(
      fc.asyncProperty(validInput, async (input) => {
        gateway.emulator.reset();
        const answer =
          way === "as a variable"
            ? await gateway.send(creation.document("$input: CreateUserPfxCertificateInput!", "$input"), { input })
            : await gateway.send(creation.document("", literalOf(asLiterals(input))));

        expect(answer.errors).toBeUndefined();
        const [entry] = gateway.emulator.ledger;
        expect(gateway.emulator.records.find(({ id }) => id === entry?.id)).toMatchObject({
          ...input,
          thumbprint: input.thumbprint.toLowerCase(),
          intendedPurpose: members[input.intendedPurpose],
          startDateTime: input.startDateTime.toUpperCase(),
          expirationDateTime: input.expirationDateTime.toUpperCase(),
          paddingScheme: members[input.paddingScheme],
        });
      }),
      { numRuns: 100 },
    );
  });
});
