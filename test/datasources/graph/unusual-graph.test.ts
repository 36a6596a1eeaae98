/** What nobody outside knows of the real service, and what only happens on a bad day. */

import {
  CreateUserPfxCertificateDocument as CREATE,
  CreateUserPfxCertificatesDocument as CREATE_MANY,
  UserPfxCertificatesDocument as LIST,
} from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import {
  answerStatus,
  delayAnswer,
  dropAnswer,
  dropRequest,
  hangAfterApplying,
  hangBeforeApplying,
  throttle,
} from "../../../src/emulator/faults.ts";
import { connectTo } from "../../server/http/raw.ts";
import { skippingClock } from "../../support/clock.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { identityAt } from "../../support/identity.ts";
import { startIdentityProvider } from "../../support/identity-provider.ts";
import { anInput, thumbprintOf } from "../../support/input.ts";

const posts = "/deviceManagement/userPfxCertificates";

async function create(gateway: TestGateway, given = {}, headers: Record<string, string> = {}) {
  const { data, errors } = await gateway.send(CREATE, { input: anInput(given) }, headers);
  return { certificate: data?.createUserPfxCertificate, code: errors?.[0]?.extensions?.code };
}
const asked = (gateway: TestGateway, method: string, path = posts) =>
  gateway.emulator.requests.filter((request) => request.method === method && request.path.endsWith(path));
const nothingYet = (times: number) => answerStatus("GET", posts, 200, { body: { value: [] }, times });

const soon = () => new Date(Date.now() + 60_000).toISOString();
const wire = {
  ...anInput(),
  intendedPurpose: "smimeEncryption",
  paddingScheme: "oaepSha512",
  encryptedPfxBlob: "AA==",
  encryptedPfxPassword: "",
  lastModifiedDateTime: "2020-01-01T00:00:00Z",
};

describe("a look-up", () => {
  it("is sent even while failed writes have opened the circuit", async () => {
    await using gateway = await startGateway({
      config: { graphMaxConnections: 64 },
      faults: [
        answerStatus("POST", posts, 503, { apply: true, times: 40 }),
        delayAnswer("GET", posts, 1000, { times: 99 }), // so that all creates have failed before one look-up is answered
      ],
      writeQuota: false,
    });

    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => create(gateway, { thumbprint: thumbprintOf(index + 1) })),
    );

    expect(answers.map(({ code }) => code)).toEqual(Array(40).fill(undefined));
    expect(gateway.emulator.ledger).toHaveLength(40);
  });

  it("keeps the circuit closed if only creates fail", async () => {
    await using gateway = await startGateway({
      config: { graphMaxConnections: 64 },
      faults: [answerStatus("POST", posts, 500, { times: 90 }), delayAnswer("GET", posts, 1000, { times: 30 })],
    });
    const creates = Array.from({ length: 30 }, (_, index) => create(gateway, { thumbprint: thumbprintOf(index + 1) }));
    await expect.poll(() => asked(gateway, "GET").length, { timeout: 10_000 }).toBeGreaterThanOrEqual(30);

    expect((await gateway.send(LIST)).errors).toBeUndefined();
    await Promise.all(creates);
  });

  it("stops when it has found the record", async () => {
    await using gateway = await startGateway({ faults: [dropAnswer("POST", posts)] });
    const nextLink = `${gateway.emulator.url}/v1.0${posts}?$skiptoken=2`;
    const record = { ...wire, id: "an-id", createdDateTime: soon() };
    gateway.emulator.faults.add(
      answerStatus("GET", posts, 200, { body: { value: [record], "@odata.nextLink": nextLink } }),
      answerStatus("GET", posts, 500, { times: 99 }),
    );

    expect((await create(gateway)).certificate?.id).toBe("an-id");
    expect(asked(gateway, "GET")).toHaveLength(1);
  });

  it("reads the whole collection if Graph rejects the filter", async () => {
    await using gateway = await startGateway({ faults: [dropAnswer("POST", posts), answerStatus("GET", posts, 400)] });

    const { certificate } = await create(gateway);

    expect(certificate?.id).toBe(gateway.emulator.records[0]?.id);
    expect(asked(gateway, "GET").map(({ query }) => Object.keys(query))).toEqual([["$filter"], []]);
  });
});

describe("a create whose record appears late", () => {
  it.each([
    ["409", "conflict"],
    ["400", "badRequest"],
  ] as const)("fails with OUTCOME_UNKNOWN if the second attempt gets %s", async (_, onDuplicate) => {
    await using gateway = await startGateway({ onDuplicate, faults: [dropAnswer("POST", posts), nothingYet(9)] });

    const { code } = await create(gateway);

    expect(gateway.emulator.ledger).toHaveLength(1);
    expect(code).toBe("OUTCOME_UNKNOWN");
  });

  it("succeeds if the record appears in the end", async () => {
    await using gateway = await startGateway({ faults: [dropAnswer("POST", posts), nothingYet(3)] });

    const { certificate } = await create(gateway);

    expect(certificate?.id).toBe(gateway.emulator.records[0]?.id);
    expect(gateway.emulator.ledger).toHaveLength(1);
  });
});

describe("a record found", () => {
  const found = (changes: Record<string, unknown>, applied = true) => [
    applied ? dropAnswer("POST", posts) : dropRequest("POST", posts),
    answerStatus("GET", posts, 200, {
      times: 9,
      body: { value: [{ "@odata.type": "#microsoft.graph.userPFXCertificate", id: "an-id", ...wire, ...changes }] },
    }),
  ];
  it.each<[string, Record<string, unknown>, unknown]>([
    ["new", { createdDateTime: soon() }, undefined],
    [
      "with its validity to the second",
      { createdDateTime: soon(), startDateTime: "2026-01-01T00:00:00.000Z" },
      undefined,
    ],
    ["without a date", { createdDateTime: null }, "OUTCOME_UNKNOWN"],
    [
      "old, but modified since",
      { createdDateTime: "2020-01-01T00:00:00Z", lastModifiedDateTime: soon() },
      "OUTCOME_UNKNOWN",
    ],
    ["old", { createdDateTime: "2020-01-01T00:00:00Z" }, "CONFLICT"],
    ["new, but of another key", { createdDateTime: soon(), keyName: "Other" }, "CONFLICT"],
  ])("%s has the outcome that its properties show", async (_, changes, expected) => {
    await using gateway = await startGateway({ faults: found(changes) });

    expect((await create(gateway)).code).toBe(expected);
  });

  it("belongs to another create if it was stored while this create waited to be sent", async () => {
    await using gateway = await startGateway({
      faults: [
        throttle("POST", posts, 10_000),
        ...found({ createdDateTime: new Date(Date.now() + 5000).toISOString() }, false),
      ],
    });

    expect((await create(gateway)).code).toBe("CONFLICT");
  });

  it("may be ours if the clock that dates records is slightly behind", async () => {
    await using gateway = await startGateway({
      faults: found({ createdDateTime: new Date(Date.now() - 1500).toISOString() }),
    });

    expect((await create(gateway)).code).toBe("OUTCOME_UNKNOWN");
  });

  it("may belong to an earlier create with another file whose outcome is unknown", async () => {
    const later = found({ createdDateTime: soon() }, false);
    await using gateway = await startGateway({
      faults: [hangBeforeApplying("POST", posts, { times: 2 })],
      config: { requestDeadlineMs: 1000 },
    });
    const first = await create(gateway);
    gateway.emulator.faults.clear();
    for (const fault of later) gateway.emulator.faults.add(fault);

    const second = await create(gateway, { encryptedPfxBlob: "YW5vdGhlciBmaWxl" });

    expect([first.code, second.code]).toEqual(["OUTCOME_UNKNOWN", "OUTCOME_UNKNOWN"]);
  });

  it("may be the known record, or one of the same second, if dates have whole seconds", async () => {
    const createdDateTime = `${new Date().toISOString().slice(0, 19)}Z`;
    const body = { "@odata.type": "#microsoft.graph.userPFXCertificate", id: "an-id", ...wire, createdDateTime };
    await using gateway = await startGateway({
      faults: [answerStatus("POST", posts, 201, { body }), ...found({ createdDateTime }, false)],
    });

    const codes = [(await create(gateway)).code, (await create(gateway, { encryptedPfxBlob: "b3RoZXI=" })).code];

    expect(codes).toEqual([undefined, "OUTCOME_UNKNOWN"]);
  });

  it("dated in whole seconds counts as new if it may be new", async () => {
    const createdDateTime = `${new Date().toISOString().slice(0, 19)}Z`;
    await using gateway = await startGateway({ faults: found({ createdDateTime }) });

    expect((await create(gateway)).code).toBeUndefined();
  });
});

describe("the attempts of a create", () => {
  it("wait as long as a 503 asks", async () => {
    await using gateway = await startGateway({ faults: [answerStatus("POST", posts, 503, { retryAfter: 7 })] });

    const { certificate } = await create(gateway);

    expect(certificate).toBeDefined();
    expect(gateway.clock.sleeps).toContain(7000);
  });

  it("are at most three, including those with renewed tokens", async () => {
    await using provider = await startIdentityProvider();
    await using gateway = await startGateway({
      config: { authMode: "app", identity: identityAt(provider) },
      faults: [1, 2, 3].flatMap(() => [answerStatus("POST", posts, 401), throttle("POST", posts, 1000)]),
    });
    const authorization = `Bearer ${await provider.callers.issue()}`;

    await create(gateway, {}, { authorization });

    expect(asked(gateway, "POST")).toHaveLength(3);
    expect(provider.token.requests).toHaveLength(2);
  });

  it("stay within the write quota even if they wait for a connection", async () => {
    await using gateway = await startGateway({
      clock: skippingClock(() => 0.5, 2000), // waits are skipped only when those before are over
      config: { graphMaxConnections: 1, graphWritesPer20s: 2, requestDeadlineMs: 60_000 },
      writeQuota: false,
      faults: [delayAnswer("GET", posts, 1500)],
    });
    const reading = gateway.send(LIST);
    await expect.poll(() => gateway.emulator.requests.length).toBe(1);

    await Promise.all([1, 2, 3].map((number) => create(gateway, { thumbprint: thumbprintOf(number) })));
    await reading;

    const [first = 0, , third = 0] = asked(gateway, "POST").map(({ receivedAtMs }) => receivedAtMs);
    expect(third - first).toBeGreaterThanOrEqual(20_000);
  });
});

describe("the same create twice at once", () => {
  it("continues for the caller with more time after the other's deadline", async () => {
    await using gateway = await startGateway({ faults: [hangAfterApplying("POST", posts)] });
    const hurried = create(gateway, {}, { "x-request-timeout-ms": "500" });
    await expect.poll(() => gateway.emulator.requests.length).toBe(1);

    const patient = await create(gateway);

    expect(["OUTCOME_UNKNOWN", undefined]).toContain((await hurried).code);
    expect(["CONFLICT", undefined]).toContain(patient.code); // it is there, and that is known
    expect(gateway.emulator.ledger).toHaveLength(1);
  });

  it("waits as long as Graph asks for the caller with enough time", async () => {
    await using gateway = await startGateway({ faults: [throttle("POST", posts, 5000)] });
    const [hurried, patient] = await Promise.all([
      create(gateway, {}, { "x-request-timeout-ms": "2000" }),
      create(gateway),
    ]);

    expect(hurried.code).toBe("THROTTLED");
    expect(patient.certificate).toBeDefined();
  });
});

describe("an invalid id from Graph", () => {
  it("is ignored and appears in neither response nor log", async () => {
    const { encryptedPfxPassword } = anInput();
    const body = { ...wire, id: encryptedPfxPassword, createdDateTime: soon() };
    await using gateway = await startGateway({ faults: [answerStatus("POST", posts, 201, { apply: true, body })] });

    const answer = await gateway.send(CREATE, { input: anInput({ encryptedPfxPassword }) });

    expect(answer.data?.createUserPfxCertificate.id).toBe(gateway.emulator.records[0]?.id); // looked up
    expect(answer.text + JSON.stringify(gateway.log)).not.toContain(encryptedPfxPassword);
  });
});

describe("a $batch that Graph rejects", () => {
  it.each([400, 404, 405, 501])("with %s is sent item by item", async (status) => {
    await using gateway = await startGateway({
      faults: [answerStatus("POST", "/$batch", status, { times: 99, body: { error: { code: "x", message: "no" } } })],
      writeQuota: false,
    });
    const inputs = [1, 2, 3].map((number) => anInput({ thumbprint: thumbprintOf(number) }));

    const { data } = await gateway.send(CREATE_MANY, { inputs });

    expect(data?.createUserPfxCertificates).toMatchObject({ createdCount: 3, failedCount: 0 });
    expect(gateway.emulator.ledger).toHaveLength(3);
  });
});

describe("pipelined requests on a closed connection", () => {
  const body = '{"query":"{ userPfxCertificates { nodes { id } } }"}';
  const request = `POST /graphql HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer t\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

  it("occupy no slot and leave a line in the log", async () => {
    await using gateway = await startGateway({
      config: { maxInflight: 8 },
      faults: [delayAnswer("GET", posts, 300, { times: 99 })],
    });
    const sockets = [1, 2].map(() => connectTo(gateway.url));
    for (const socket of sockets) socket.write(request.repeat(3));
    await expect.poll(() => gateway.emulator.requests.length).toBe(6);

    for (const socket of sockets) socket.destroy();

    await expect.poll(() => gateway.log.filter(({ msg, aborted }) => msg === "access" && aborted).length).toBe(6);
    const answers = await Promise.all(Array.from({ length: 8 }, () => gateway.send(LIST)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  });
});
