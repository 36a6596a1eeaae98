import {
  CreateUserPfxCertificateDocument as CREATE,
  DeleteUserPfxCertificateDocument as DELETE,
  UserPfxCertificateDocument as GET,
  UserPfxCertificatesDocument as LIST,
  UpdateUserPfxCertificateDocument as UPDATE,
} from "intune-pfx-client/operations";
import { describe, expect, it, vi } from "vitest";
import {
  answerStatus,
  delayAnswer,
  dropAnswer,
  dropRequest,
  floodAnswer,
  hangAfterApplying,
  hangBeforeApplying,
  throttle,
  truncateAnswer,
} from "../../../src/emulator/faults.ts";
import { seedRecords } from "../../../src/emulator/seed.ts";
import { startGateway } from "../../support/gateway.ts";
import { anInput } from "../../support/input.ts";

const one = /\/userPfxCertificates\/[^/]+$/;
const collection = "/userPfxCertificates";

describe("reading", () => {
  it("fetches 100 certificates by id in one operation with five requests", async () => {
    await using gateway = await startGateway({ seed: seedRecords(100) });
    const ids = gateway.emulator.records.map(({ id }) => id);
    const fields = ids.map((id, index) => `c${index}: userPfxCertificate(id: "${id}") { id userPrincipalName }`);

    const { data } = await gateway.send<Record<string, { id: string }>, object>(`{ ${fields.join("\n")} }`);

    expect(Object.values(data ?? {}).map(({ id }) => id)).toEqual(ids);
    expect(gateway.emulator.requests.filter(({ batched }) => !batched)).toHaveLength(5);
  });

  it("fetches entities for a router with few requests, in order, with null for missing ones", async () => {
    await using gateway = await startGateway({ seed: seedRecords(30) });
    const ids = gateway.emulator.records.map(({ id }) => id);
    const wanted = [...ids.slice(0, 15), "gone", ...ids.slice(15).reverse()];

    const { data } = await gateway.send<{ _entities: ({ id: string } | null)[] }, object>(
      "query ($r: [_Any!]!) { _entities(representations: $r) { ... on UserPfxCertificate { id } } }",
      { r: wanted.map((id) => ({ __typename: "UserPfxCertificate", id })) },
    );

    expect(data?._entities.map((entity) => entity?.id ?? "gone")).toEqual(wanted);
    expect(gateway.emulator.requests.filter(({ batched }) => !batched)).toHaveLength(2);
  });

  it("lists the certificates of 100 users with few requests", async () => {
    await using gateway = await startGateway({ seed: seedRecords(100) });
    const names = gateway.emulator.records.map(({ userPrincipalName }) => userPrincipalName ?? "");

    const { data } = await gateway.send<{ _entities: { pfxCertificates: { nodes: unknown[] } }[] }, object>(
      "query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { pfxCertificates { nodes { id } } } } }",
      { r: names.map((userPrincipalName) => ({ __typename: "User", userPrincipalName })) },
    );

    expect(data?._entities.every(({ pfxCertificates }) => pfxCertificates.nodes.length > 0)).toBe(true);
    expect(gateway.emulator.requests.filter(({ batched }) => !batched)).toHaveLength(5);
  });

  it("reads at most a thousand certificates and lists for one request", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1000) });

    const { errors } = await gateway.send(
      "{ userPfxCertificates(first: 1000) { nodes { user { pfxCertificates { nodes { id } } } } } }",
    );

    expect(errors?.map(({ extensions }) => extensions?.code)).toEqual(["BAD_USER_INPUT"]);
    expect(gateway.emulator.requests.filter(({ method }) => method === "GET").length).toBeLessThanOrEqual(1010);
  });

  it("fetches a single certificate without a batch", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1) });
    const [record] = gateway.emulator.records;

    await gateway.send(GET, { id: record?.id ?? "" });

    expect(gateway.emulator.requests.map(({ method, path }) => [method, path])).toEqual([
      ["GET", `/deviceManagement/userPfxCertificates/${record?.id}`],
    ]);
  });

  it.each([
    ["a reset", dropAnswer("GET", collection)],
    ["a reset before the answer", dropRequest("GET", collection)],
    ["a truncated answer", truncateAnswer("GET", collection)],
    ["a 502", answerStatus("GET", collection, 502, { body: "<html>" })],
    ["a 503 with Retry-After", answerStatus("GET", collection, 503, { retryAfter: 2 })],
    ["a 429", throttle("GET", collection, 1500)],
    ["no answer", hangBeforeApplying("GET", collection)],
  ])("is repeated after %s", async (_, fault) => {
    await using gateway = await startGateway({
      seed: seedRecords(3),
      faults: [fault],
      config: { requestDeadlineMs: 3000 },
    });

    const { data, errors } = await gateway.send(LIST, {});

    expect(errors).toBeUndefined();
    expect(data?.userPfxCertificates.edges).toHaveLength(3);
  });

  it.each([
    ["UPSTREAM_UNAVAILABLE", answerStatus("GET", collection, 503, { times: Infinity })],
    ["UPSTREAM_UNAVAILABLE", dropRequest("GET", collection, { times: Infinity })],
    ["UPSTREAM_TIMEOUT", hangBeforeApplying("GET", collection, { times: Infinity })],
    ["UPSTREAM_INVALID_RESPONSE", floodAnswer("GET", collection, 33 * 1024 * 1024, { times: Infinity })],
    ["UPSTREAM_UNAVAILABLE", floodAnswer("GET", collection, 10 * 1024 * 1024, { status: 500, times: Infinity })],
    ["THROTTLED", throttle("GET", collection, 100_000, "seconds", { times: Infinity })],
  ])("fails with %s after at most three attempts", async (code, fault) => {
    // A busy machine may take its time for 33 megabytes.
    const requestDeadlineMs = code === "UPSTREAM_TIMEOUT" ? 1000 : 10_000;
    await using gateway = await startGateway({ faults: [fault], config: { requestDeadlineMs } });

    const { errors } = await gateway.send(LIST, {});

    expect(errors?.[0]?.extensions?.code).toBe(code);
    expect(gateway.emulator.requests.length).toBeLessThanOrEqual(3);
  });

  it("ends within a caller's shorter deadline", async () => {
    await using gateway = await startGateway({ faults: [hangBeforeApplying("GET", collection, { times: Infinity })] });

    const { errors } = await gateway.send(LIST, {}, { "x-request-timeout-ms": "200" });

    expect(errors?.[0]?.extensions?.code).toBe("UPSTREAM_TIMEOUT");
  });
});

describe("updating and deleting under faults", () => {
  it("repeats an update whose response was lost", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1), faults: [dropAnswer("PATCH", one)] });
    const id = gateway.emulator.records[0]?.id ?? "";

    const { errors } = await gateway.send(UPDATE, { id, changes: { keyName: "Another key" } });

    expect(errors).toBeUndefined();
    expect(gateway.emulator.records[0]?.keyName).toBe("Another key");
  });

  it("reports success for a deletion whose response was lost", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1), faults: [dropAnswer("DELETE", one)] });
    const id = gateway.emulator.records[0]?.id ?? "";

    const { data } = await gateway.send(DELETE, { deletedId: id });

    expect(data?.deleteUserPfxCertificate).toBe(id);
    expect(gateway.emulator.records).toHaveLength(0);
  });

  it("looks the certificate up before it sends a deletion again", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1), faults: [dropRequest("DELETE", one)] });
    const id = gateway.emulator.records[0]?.id ?? "";

    const { data } = await gateway.send(DELETE, { deletedId: id });

    expect(data?.deleteUserPfxCertificate).toBe(id);
    expect(gateway.emulator.requests.map(({ method }) => method)).toEqual(["DELETE", "GET", "DELETE"]);
  });

  it("does not delete a certificate that was imported again after the first attempt timed out", async () => {
    await using gateway = await startGateway({ config: { requestDeadlineMs: 5000 } });
    const input = anInput();
    const { data: before } = await gateway.send(CREATE, { input });
    const id = before?.createUserPfxCertificate.id ?? "";
    await new Promise((resolve) => setTimeout(resolve, 1100)); // Graph's clock is known to the second
    gateway.emulator.faults.add(hangAfterApplying("DELETE", one));
    const deletion = gateway.send(DELETE, { deletedId: id });
    await vi.waitUntil(() => gateway.emulator.records.length === 0);
    await new Promise((resolve) => setTimeout(resolve, 1100));

    const { errors } = await gateway.send(CREATE, { input });

    expect(errors).toBeUndefined();
    expect((await deletion).data?.deleteUserPfxCertificate).toBe(id);
    expect(gateway.emulator.records).toHaveLength(1);
  });

  it("answers OUTCOME_UNKNOWN to a deletion if the look-up is impossible", async () => {
    await using gateway = await startGateway({
      seed: seedRecords(1),
      faults: [dropAnswer("DELETE", one), answerStatus("GET", one, 403)],
    });

    const { errors } = await gateway.send(DELETE, { deletedId: gateway.emulator.records[0]?.id ?? "" });

    expect(errors?.[0]?.extensions?.code).toBe("OUTCOME_UNKNOWN");
  });

  it("does not treat an unknown path as a deleted certificate", async () => {
    const body = {
      error: { code: "BadRequest", message: "Resource not found for the segment 'userPfxCertificates'." },
    };
    await using gateway = await startGateway({
      seed: seedRecords(1),
      config: { graphApiVersion: "v1.0" },
      faults: [dropRequest("DELETE", one), answerStatus("DELETE", one, 404, { body })],
    });

    const { errors } = await gateway.send(DELETE, { deletedId: gateway.emulator.records[0]?.id ?? "" });

    expect(errors?.[0]?.extensions?.code).toBe("OUTCOME_UNKNOWN"); // the lost deletion may have been applied
  });

  it.each([
    ["PATCH", UPDATE, dropAnswer],
    ["DELETE", DELETE, dropRequest],
  ] as const)(
    "answers OUTCOME_UNKNOWN if a %s may have been applied before Graph rejected the retry",
    async (method, document, drop) => {
      await using gateway = await startGateway({
        seed: seedRecords(1),
        faults: [drop(method, one), answerStatus(method, one, 403)],
      });
      const id = gateway.emulator.records[0]?.id ?? "";

      const { errors } = await gateway.send<unknown, object>(document as never, {
        id,
        deletedId: id,
        changes: { keyName: "k" },
      });

      expect(errors?.[0]?.extensions?.code).toBe("OUTCOME_UNKNOWN");
    },
  );
});

describe("an outage", () => {
  it("opens the circuit after twenty failures in a row, and a probe closes it again", async () => {
    await using gateway = await startGateway({ faults: [answerStatus("GET", collection, 500, { times: 20 })] });
    for (let request = 0; request < 7; request++) await gateway.send(LIST, {});
    const askedBefore = gateway.emulator.requests.length;

    const refused = await gateway.send(LIST, {});
    const write = await gateway.send(CREATE, { input: anInput() });

    expect(askedBefore).toBe(20);
    expect(gateway.emulator.requests).toHaveLength(20);
    expect(refused.errors?.[0]?.extensions?.code).toBe("UPSTREAM_UNAVAILABLE");
    expect(write.errors?.[0]?.extensions?.code).toBe("UPSTREAM_UNAVAILABLE");

    await new Promise((resolve) => setTimeout(resolve, 5050)); // the breaker's own clock is the real one
    gateway.emulator.faults.add(delayAnswer("GET", collection, 500));
    const probe = gateway.send(LIST, {});
    await vi.waitUntil(() => gateway.emulator.requests.length === 21);
    const meanwhile = await gateway.send(LIST, {}, { "x-request-timeout-ms": "100" });
    expect(meanwhile.errors?.[0]?.extensions?.code).toBe("UPSTREAM_UNAVAILABLE");
    expect(gateway.emulator.requests).toHaveLength(21);

    expect((await probe).errors).toBeUndefined();
    expect((await gateway.send(LIST, {})).errors).toBeUndefined();
  });

  it("leaves the circuit open if a probe ends before Graph has answered", async () => {
    await using gateway = await startGateway({ faults: [answerStatus("GET", collection, 500, { times: 20 })] });
    for (let request = 0; request < 7; request++) await gateway.send(LIST, {});
    await new Promise((resolve) => setTimeout(resolve, 5050));
    gateway.emulator.faults.add(hangBeforeApplying("GET", collection));
    await gateway.send(LIST, {}, { "x-request-timeout-ms": "300" });
    const askedBefore = gateway.emulator.requests.length;

    const { errors } = await gateway.send(LIST, {});

    expect(errors?.[0]?.extensions?.code).toBe("UPSTREAM_UNAVAILABLE");
    expect(askedBefore).toBe(21);
    expect(gateway.emulator.requests).toHaveLength(21);
  });

  it("does not make other requests wait for a probe", async () => {
    await using gateway = await startGateway({
      seed: seedRecords(),
      faults: [delayAnswer("GET", one, 5500), answerStatus("GET", collection, 500, { times: 20 })],
    });
    const [record] = gateway.emulator.records;
    const early = gateway.send(GET, { id: record?.id ?? "" });
    await vi.waitUntil(() => gateway.emulator.requests.length > 0);
    for (let request = 0; request < 7; request++) await gateway.send(LIST, {});
    await new Promise((resolve) => setTimeout(resolve, 5050));
    gateway.emulator.faults.add(delayAnswer("GET", collection, 3000));
    let isProbing = true;
    const probe = gateway.send(LIST, {}).finally(() => {
      isProbing = false;
    });

    const { errors } = await early;

    expect(errors).toBeUndefined();
    expect(isProbing).toBe(true);
    await probe;
  });

  it("never opens the circuit for answers below 500", async () => {
    await using gateway = await startGateway({ faults: [answerStatus("GET", collection, 403, { times: 30 })] });
    for (let request = 0; request < 30; request++) await gateway.send(LIST, {});

    const { errors } = await gateway.send(LIST, {});

    expect(errors).toBeUndefined();
  });

  it("costs at most a tenth more requests by retries, plus a small allowance", async () => {
    // Every other answer fails, so the circuit stays closed.
    const faults = Array.from({ length: 400 }, (_, index) => answerStatus("GET", collection, 503, { skip: index }));
    await using gateway = await startGateway({ faults });

    for (let request = 0; request < 300; request++) await gateway.send(LIST, {});

    expect(gateway.emulator.requests.length).toBeGreaterThan(300);
    expect(gateway.emulator.requests.length).toBeLessThanOrEqual(300 + 30);
  });
});
