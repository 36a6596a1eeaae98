/** Which code each of Graph's statuses gets, for each kind of write, and which writes are sent again. */
import {
  CreateUserPfxCertificateDocument as CREATE,
  CreateUserPfxCertificatesDocument as CREATE_MANY,
  DeleteUserPfxCertificateDocument as DELETE,
  UserPfxCertificateDocument as GET,
  UserPfxCertificatesDocument as LIST,
  UpdateUserPfxCertificateDocument as UPDATE,
} from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { answerStatus, type StatusDetails } from "../../../src/emulator/faults.ts";
import { seedRecords } from "../../../src/emulator/seed.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { anInput, thumbprintOf } from "../../support/input.ts";

const certificates = /userPfxCertificates/;
const always = { times: Number.POSITIVE_INFINITY };

interface Write {
  name: "create" | "plural create" | "update" | "delete";
  method: "POST" | "PATCH" | "DELETE";
  /** Sends it, and returns the code that the caller reads; undefined for a success. */
  codeOf: (gateway: TestGateway) => Promise<unknown>;
}

const idOf = (gateway: TestGateway) => gateway.emulator.records[0]?.id ?? "";

const create: Write = {
  name: "create",
  method: "POST",
  codeOf: async (gateway) => (await gateway.send(CREATE, { input: anInput() })).errors?.[0]?.extensions?.code,
};
/** The first of two items meets the fault, the second is stored. */
const pluralCreate: Write = {
  name: "plural create",
  method: "POST",
  codeOf: async (gateway) => {
    const inputs = [1, 2].map((number) => anInput({ thumbprint: thumbprintOf(number) }));
    const { data, errors } = await gateway.send(CREATE_MANY, { inputs });
    const [first] = data?.createUserPfxCertificates.results ?? [];
    if (first?.__typename === "UserPfxCertificateFailure") return first.code;
    return errors?.[0]?.extensions?.code;
  },
};
const update: Write = {
  name: "update",
  method: "PATCH",
  codeOf: async (gateway) => {
    const { errors } = await gateway.send(UPDATE, { id: idOf(gateway), changes: { keyName: "other" } });
    return errors?.[0]?.extensions?.code;
  },
};
const deletion: Write = {
  name: "delete",
  method: "DELETE",
  codeOf: async (gateway) => (await gateway.send(DELETE, { deletedId: idOf(gateway) })).errors?.[0]?.extensions?.code,
};
const writes = [create, pluralCreate, update, deletion];

function startAnswering(method: string, status: number, details: StatusDetails = {}): Promise<TestGateway> {
  return startGateway({
    seed: seedRecords(1),
    faults: [answerStatus(method, certificates, status, { ...always, ...details })],
  });
}

const sent = (gateway: TestGateway, method: string) =>
  gateway.emulator.requests.filter((each) => each.method === method && certificates.test(each.path)).length;

describe.each(writes)("a $name that Graph answers with", ({ name, method, codeOf }) => {
  const isCreate = method === "POST";

  it.each<[number, string]>([
    [400, "BAD_USER_INPUT"],
    [402, "UPSTREAM_MISCONFIGURED"],
    [403, "FORBIDDEN"],
    [404, isCreate ? "BAD_USER_INPUT" : "NOT_FOUND"],
    [410, isCreate ? "UPSTREAM_INVALID_RESPONSE" : "NOT_FOUND"],
    [409, isCreate ? "UPSTREAM_UNAVAILABLE" : "CONFLICT"],
    [412, isCreate ? "UPSTREAM_UNAVAILABLE" : "CONFLICT"],
    [413, "BAD_USER_INPUT"],
    [422, "BAD_USER_INPUT"],
    ...[405, 406, 407, 411, 414, 415, 416, 417, 418, 424, 426, 428, 431, 440, 444, 449, 451, 460, 499].map(
      (status): [number, string] => [status, "UPSTREAM_INVALID_RESPONSE"],
    ),
    ...[421, 423, 425].map((status): [number, string] => [status, "UPSTREAM_UNAVAILABLE"]),
  ])("%i fails with %s, and nothing is written", async (status, code) => {
    await using gateway = await startAnswering(method, status);

    expect(await codeOf(gateway)).toBe(code);

    expect(gateway.emulator.ledger).toEqual([]);
    const isTriedAgain = [421, 423, 425].includes(status) || (isCreate && [409, 412].includes(status));
    const items = name === "plural create" ? 2 : 1;
    expect(sent(gateway, method)).toBe(isTriedAgain ? 3 * items : items);
  });

  it.each([421, 423, 425])("%i once is sent again, after the wait that Graph asks for", async (status) => {
    await using gateway = await startAnswering(method, status, { times: 1, retryAfter: 7 });

    expect(await codeOf(gateway)).toBeUndefined();

    expect(gateway.clock.sleeps[0]).toBeGreaterThanOrEqual(7000);
  });

  it("408 once, applied or not, succeeds, and is applied once", async () => {
    for (const apply of [true, false]) {
      await using gateway = await startAnswering(method, 408, { times: 1, apply });

      expect(await codeOf(gateway)).toBeUndefined();

      const written = gateway.emulator.ledger.filter((entry) => entry.method === method);
      const once = name === "plural create" || (name === "update" && apply) ? 2 : 1;
      expect(written).toHaveLength(once);
    }
  });
});

describe("a create that Graph answers with 404", () => {
  it("says that the user is unknown, with Graph's words", async () => {
    const body = { error: { code: "ResourceNotFound", message: "The user does not exist." } };
    await using gateway = await startAnswering("POST", 404, { body });

    const { errors } = await gateway.send(CREATE, { input: anInput() });

    expect(errors?.[0]?.message).toBe(
      "Microsoft Graph does not know the user, or rejected the content. Graph says: The user does not exist.",
    );
    expect(errors?.[0]?.extensions).toMatchObject({ graph: { status: 404, code: "ResourceNotFound" } });
  });
});

/** Intune's own JSON in Graph's `message`, as text. */
function nested(message: string): string {
  return JSON.stringify({ _version: 3, Message: `${message} - Operation ID (for customer support): 0 - Url: x` });
}

const unknownRoutes = [
  "Resource not found for the segment 'userPfxCertificates'.",
  "No method match route template",
  "No OData route exists that match template ~/singleton/navigation/key with http verb GET for request /RACerts/x.",
];

describe.each([
  ["plain", (message: string) => message],
  ["in Intune's nested JSON", nested],
])("an answer whose text decides, %s:", (_, wrap) => {
  const answering = (status: number, message: string) =>
    ["GET", "POST", "PATCH", "DELETE"].map((method) =>
      answerStatus(method, certificates, status, {
        body: { error: { code: "UnknownError", message: wrap(message) } },
        ...always,
      }),
    );
  const start = (status: number, message: string) =>
    startGateway({
      seed: seedRecords(1),
      config: { graphApiVersion: "beta" },
      faults: answering(status, message),
    });
  const codesOf = async (gateway: TestGateway) => [
    (await gateway.send(LIST)).errors?.[0]?.extensions?.code,
    (await gateway.send(GET, { id: idOf(gateway) })).errors?.[0]?.extensions?.code,
    ...(await Promise.all(writes.map(({ codeOf }) => codeOf(gateway)))),
  ];

  it.each([400, 404].flatMap((status) => unknownRoutes.map((message) => [status, message] as const)))(
    "%i of an unknown route is UPSTREAM_MISCONFIGURED, never null: %s",
    async (status, message) => {
      await using gateway = await start(status, message);

      expect(await codesOf(gateway)).toEqual(Array(6).fill("UPSTREAM_MISCONFIGURED"));
    },
  );

  it.each([400, 403, 404])("%i of a tenant without Intune is UPSTREAM_MISCONFIGURED", async (status) => {
    await using gateway = await start(status, "Request not applicable to target tenant.");

    expect(await codesOf(gateway)).toEqual(Array(6).fill("UPSTREAM_MISCONFIGURED"));
    const { errors } = await gateway.send(LIST);
    expect(errors?.[0]?.message).toMatch(
      /^The tenant has no Intune, or no license for it; tell the gateway's operator\./,
    );
  });
});

describe("a 401 in which Intune says Forbidden", () => {
  const bodies: [string, object][] = [
    [
      "one level",
      { error: { code: "UnknownError", message: JSON.stringify({ ErrorCode: "Forbidden", Message: "No." }) } },
    ],
    [
      "three levels",
      {
        error: {
          code: "UnknownError",
          message: JSON.stringify({ ErrorCode: "Forbidden", Message: nested("An error has occurred") }),
        },
      },
    ],
    ["Graph's own code", { error: { code: "Forbidden", message: "No." } }],
  ];

  it.each(bodies)("is FORBIDDEN of every operation, with HTTP 200 and no challenge to sign in: %s", async (_, body) => {
    for (const { method, codeOf } of writes) {
      await using gateway = await startAnswering(method, 401, { body });

      expect(await codeOf(gateway)).toBe("FORBIDDEN");
    }
    await using gateway = await startAnswering("GET", 401, { body });

    const answer = await gateway.send(LIST);

    expect(answer.errors?.[0]?.extensions).toMatchObject({ code: "FORBIDDEN", graph: { status: 401 } });
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([200, null]);
  });

  it("stays UNAUTHENTICATED without that word", async () => {
    const body = { error: { code: "UnknownError", message: nested("An error has occurred") } };
    await using gateway = await startAnswering("GET", 401, { body });

    const answer = await gateway.send(LIST);

    expect(answer.errors?.[0]?.extensions?.code).toBe("UNAUTHENTICATED");
    expect(answer.status).toBe(401);
  });
});
