/** The gateway's requests and what it makes of answers, held against Microsoft's own description of the API. */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import {
  DeleteUserPfxCertificateDocument as DELETE,
  UserPfxCertificateDocument as GET,
  UserPfxCertificatesDocument as LIST,
  UpdateUserPfxCertificateDocument as UPDATE,
} from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { answerStatus } from "../../src/emulator/faults.ts";
import { seedRecords } from "../../src/emulator/seed.ts";
import type { LoggedRequest } from "../../src/emulator/server.ts";
import { UserPfxIntendedPurpose } from "../../src/schema/user-pfx-intended-purpose.ts";
import { UserPfxPaddingScheme } from "../../src/schema/user-pfx-padding-scheme.ts";
import { CREATE_WITH_SECRETS, type CreatedWithSecrets } from "../support/create-with-secrets.ts";
import { startGateway } from "../support/gateway.ts";
import { anInput, thumbprintOf } from "../support/input.ts";

interface Described {
  parameters?: ({ name: string; in: string } | { $ref: string })[];
  requestBody?: unknown;
  responses: Record<string, { content?: Record<string, { example?: unknown }> }>;
}

interface OpenApi {
  paths: Record<string, Record<string, Described>>;
  components: { parameters: Record<string, { name: string; in: string }> };
}

const document: OpenApi = JSON.parse(readFileSync(new URL("userpfx.openapi.json", import.meta.url), "utf8"));

// `strict: false` because OpenAPI 3.0 has keywords of its own (`example`); ajv itself understands its `nullable`.
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema({ $id: "graph", ...document });

const listPath = "/beta/deviceManagement/userPfxCertificates";
const onePath = `${listPath}/{userPFXCertificate-id}`;

/** The path of the document that a request's path is an instance of. The document is beta's; v1.0 is to be the same. */
function templateOf({ path }: LoggedRequest): string | undefined {
  return Object.keys(document.paths).find((template) => {
    const pattern = template.replaceAll("$", "\\$").replace(/\{[^}]+\}/g, "[^/$]+");
    return new RegExp(`^${pattern}$`).test(`/beta${path}`);
  });
}

function queryNamesOf({ parameters = [] }: Described): string[] {
  return parameters
    .map((each) => ("$ref" in each ? document.components.parameters[each.$ref.split("/").at(-1) ?? ""] : each))
    .flatMap((each) => (each?.in === "query" ? [each.name] : []));
}

/** Everything about a request that the document does not allow. */
function problemsOf(request: LoggedRequest): unknown[] {
  const template = templateOf(request);
  const method = request.method.toLowerCase();
  const described = template === undefined ? undefined : document.paths[template]?.[method];
  if (template === undefined || described === undefined) return [`no such operation: ${method} ${request.path}`];
  const allowed = queryNamesOf(described);
  const problems: unknown[] = Object.keys(request.query).filter((name) => !allowed.includes(name));
  if (described.requestBody === undefined) {
    if (request.body !== undefined) problems.push("a body where there is none");
    return problems;
  }
  if (request.headers["content-type"] !== "application/json") problems.push("no JSON");
  const pointer = ["paths", template, method, "requestBody", "content", "application/json", "schema"];
  const escaped = pointer.map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1")));
  const validate = ajv.getSchema(`graph#/${escaped.join("/")}`);
  if (validate === undefined) return [...problems, "no schema"];
  return validate(request.body) ? problems : [...problems, ...(validate.errors ?? [])];
}

function aRequest(given: Partial<LoggedRequest>): LoggedRequest {
  return {
    method: "POST",
    path: listPath.replace("/beta", ""),
    query: {},
    version: "beta",
    headers: { "content-type": "application/json" },
    body: {},
    status: undefined,
    clientRequestId: "",
    receivedAtMs: 0,
    batched: false,
    ...given,
  };
}

describe("the gateway's requests, checked by Microsoft's OpenAPI document", () => {
  it("are valid creates, for every enum member and with the longest dates", async () => {
    await using gateway = await startGateway({ writeQuota: false });
    let number = 0;
    for (const intendedPurpose of Object.keys(UserPfxIntendedPurpose)) {
      for (const paddingScheme of Object.keys(UserPfxPaddingScheme)) {
        const dates = {
          startDateTime: "2016-12-31t23:59:40.1234567-08:00",
          expirationDateTime: "2031-12-31T23:57:57.7654321+05:45",
        };
        const input = { ...anInput({ thumbprint: thumbprintOf(++number), ...dates }), intendedPurpose, paddingScheme };
        const { errors } = await gateway.send(
          "mutation ($input: CreateUserPfxCertificateInput!) { createUserPfxCertificate(input: $input) { id } }",
          { input },
        );
        expect(errors).toBeUndefined();
      }
    }

    expect(gateway.emulator.requests).toHaveLength(30);
    expect(gateway.emulator.requests.flatMap(problemsOf)).toEqual([]);
  });

  it("are valid updates, for each property alone and for all of them", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1), writeQuota: false });
    const id = gateway.emulator.records[0]?.id ?? "";

    for (const changes of [anInput(), ...Object.entries(anInput()).map(([name, value]) => ({ [name]: value }))]) {
      const { errors } = await gateway.send(UPDATE, { id, changes });
      expect(errors).toBeUndefined();
    }

    expect(gateway.emulator.requests).toHaveLength(11);
    expect(gateway.emulator.requests.flatMap(problemsOf)).toEqual([]);
  });

  it("are valid lists, with a filter and without", async () => {
    await using gateway = await startGateway({ seed: seedRecords() });
    const filters = [
      undefined,
      { userPrincipalName: "miriam.o'brien@contoso.onmicrosoft.com" },
      { userPrincipalName: "pat_fabrikam.com#EXT#@contoso.onmicrosoft.com", thumbprint: thumbprintOf(1) },
      { intendedPurpose: "VPN", expiresBefore: "2030-01-01T00:00:00Z", expiresAfter: "2020-01-01T00:00:00Z" } as const,
    ];

    for (const filter of filters) {
      const { errors } = await gateway.send(LIST, { first: 1000, ...(filter && { filter }) });
      expect(errors).toBeUndefined();
    }

    expect(gateway.emulator.requests).toHaveLength(filters.length);
    expect(gateway.emulator.requests.flatMap(problemsOf)).toEqual([]);
  });

  it("are valid gets and deletions", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1) });
    const id = gateway.emulator.records[0]?.id ?? "";

    const answers = [await gateway.send(GET, { id }), await gateway.send(DELETE, { deletedId: id })];

    expect(answers.map(({ errors }) => errors)).toEqual([undefined, undefined]);
    expect(gateway.emulator.requests.map(({ method }) => method)).toEqual(["GET", "DELETE"]);
    expect(gateway.emulator.requests.flatMap(problemsOf)).toEqual([]);
  });

  it("are also valid within a batch", async () => {
    await using gateway = await startGateway();
    const inputs = [1, 2, 3].map((number) => anInput({ thumbprint: thumbprintOf(number) }));

    await gateway.send(
      `mutation ($inputs: [CreateUserPfxCertificateInput!]!) {
        createUserPfxCertificates(inputs: $inputs) { createdCount }
      }`,
      { inputs },
    );

    const items = gateway.emulator.requests.filter(({ batched }) => batched);
    expect(items.length).toBeGreaterThan(0);
    expect(items.flatMap((item) => problemsOf({ ...item, path: item.path.replace(/^\/(v1\.0|beta)/, "") }))).toEqual(
      [],
    );
    expect(gateway.emulator.records).toHaveLength(3);
  });

  it.each<[string, Partial<LoggedRequest>]>([
    ["an unknown path", { path: "/deviceManagement/userPfxCertificate" }],
    ["an unknown method", { method: "PUT" }],
    ["an unknown query option", { method: "GET", body: undefined, query: { $skiptoken: "x" } }],
    ["a body with a GET", { method: "GET" }],
    ["another media type", { headers: { "content-type": "text/plain" } }],
    ["a property that is none", { body: { thumbPrint: "x" } }],
    ["a GraphQL name on the wire", { body: { intendedPurpose: "SMIME_ENCRYPTION" } }],
    ["a date with a small t", { body: { startDateTime: "2026-01-01t00:00:00Z" } }],
    ["a null that is not nullable", { body: { startDateTime: null } }],
  ])("would fail this check if they had %s", (_, given) => {
    expect(problemsOf(aRequest(given))).not.toEqual([]);
  });
});

describe("the gateway, given the sample responses of Microsoft's document,", () => {
  function exampleOf(path: string, method: string, status: number): object {
    const example = document.paths[path]?.[method]?.responses[status]?.content?.["application/json"]?.example;
    if (typeof example !== "object" || example === null) throw new Error(`no example: ${method} ${path} ${status}`);
    return example;
  }

  const id = "5f0fc9769a8e4a49a2f88978b1c2d325-0aaf18962b2cdea9a1b28e83c3d41d83e5f6a7b8";
  const shown = {
    id,
    thumbprint: "0aaf18962b2cdea9a1b28e83c3d41d83e5f6a7b8",
    intendedPurpose: "SMIME_ENCRYPTION",
    userPrincipalName: "User1@contoso.onmicrosoft.com",
    expirationDateTime: "2028-01-01T00:00:00Z",
  };

  it("understands a list", async () => {
    const body = exampleOf(listPath, "get", 200);
    await using gateway = await startGateway({ faults: [answerStatus("GET", "userPfxCertificates", 200, { body })] });

    const { data } = await gateway.send(LIST, {});

    expect(data?.userPfxCertificates.edges.map(({ node }) => node)).toMatchObject([shown]);
  });

  it("understands a certificate", async () => {
    const body = exampleOf(onePath, "get", 200);
    await using gateway = await startGateway({ faults: [answerStatus("GET", id, 200, { body })] });

    const { data } = await gateway.send(GET, { id });

    expect(data?.userPfxCertificate).toMatchObject(shown);
  });

  it("understands a created, redacted certificate", async () => {
    const body = exampleOf(listPath, "post", 201);
    await using gateway = await startGateway({ faults: [answerStatus("POST", "userPfxCertificates", 201, { body })] });

    const { data } = await gateway.send<CreatedWithSecrets, object>(CREATE_WITH_SECRETS, {
      input: anInput({ thumbprint: shown.thumbprint, userPrincipalName: shown.userPrincipalName }),
    });

    expect(data?.createUserPfxCertificate).toMatchObject({
      ...shown,
      encryptedPfxBlob: null,
      encryptedPfxPassword: null,
      createdDateTime: "2026-02-01T00:02:43.5775965Z",
    });
  });

  it("understands a changed certificate", async () => {
    const body = exampleOf(onePath, "patch", 200);
    await using gateway = await startGateway({ faults: [answerStatus("PATCH", id, 200, { body })] });

    const { data } = await gateway.send(UPDATE, { id, changes: { keyName: "KeyNameValue" } });

    expect(data?.updateUserPfxCertificate).toMatchObject({ id, keyName: "KeyNameValue" });
  });
});
