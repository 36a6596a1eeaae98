import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateUserPfxCertificateDocument as CREATE,
  UserPfxCertificatesDocument as LIST,
} from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { delayAnswer } from "../../../src/emulator/faults.ts";
import { createLog } from "../../../src/observability/log.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { identityAt } from "../../support/identity.ts";
import { callerObjectId, startIdentityProvider } from "../../support/identity-provider.ts";
import { anInput } from "../../support/input.ts";
import { connectTo, sendRaw } from "./raw.ts";

const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

/** The access log as soon as it has so many lines: a line is written when the answer is over, which a client may see first. */
async function linesOf({ log }: TestGateway, count: number): Promise<Record<string, unknown>[]> {
  const lines = () => log.filter(({ msg }) => msg === "access");
  await expect.poll(() => lines().length).toBe(count);
  return lines();
}

describe("the access log", () => {
  it("has one line per request, with the request and its result", async () => {
    await using gateway = await startGateway();

    const { text } = await gateway.send(LIST, {});

    const [line] = await linesOf(gateway, 1);
    expect(line).toEqual({
      level: 30,
      time: expect.any(String),
      msg: "access",
      id: uuid,
      method: "POST",
      route: "/graphql",
      status: 200,
      durationMs: expect.any(Number),
      bytesIn: expect.any(Number),
      bytesOut: expect.any(Number),
      operationType: "query",
    });
    expect(line?.bytesOut).toBeGreaterThan(text.length);
    expect(line?.bytesOut).toBeLessThan(text.length + 1000);
    expect(line?.bytesIn).toBeGreaterThan(300);
  });

  it("counts the bytes of each request on a connection separately", async () => {
    await using gateway = await startGateway();
    for (let round = 0; round < 3; round++) await gateway.send(LIST, {});

    const sizes = (await linesOf(gateway, 3)).map(({ bytesIn, bytesOut }) => ({ bytesIn, bytesOut }));

    expect(sizes[1]).toEqual(sizes[0]);
    expect(sizes[2]).toEqual(sizes[0]);
  });

  it("lists each error code once, and the status of a rejection", async () => {
    await using gateway = await startGateway();
    await gateway.send("{ nothing nowhere }");
    await gateway.send(CREATE, { input: anInput({ thumbprint: "no" }) });
    await gateway.send(LIST, {}, { authorization: "" });
    await fetch(new URL("/secret/path?query", gateway.url));
    await fetch(gateway.url, { method: "PUT" });
    await sendRaw(gateway.url, "POST /graphql HTTP/1.1\r\nHost: a\r\nExpect: much\r\n\r\n");
    await sendRaw(gateway.url, "no HTTP\r\n\r\n");

    const lines = await linesOf(gateway, 7);

    expect(lines).toMatchObject([
      { route: "/graphql", status: 200, errorCodes: ["GRAPHQL_VALIDATION_FAILED"] },
      { route: "/graphql", operationType: "mutation", errorCodes: ["BAD_USER_INPUT"] },
      { route: "/graphql", status: 401, operationType: "query", errorCodes: ["UNAUTHENTICATED"] },
      { route: "other", status: 404, method: "GET", errorCodes: ["NOT_FOUND"] },
      { route: "/graphql", status: 405, method: "PUT", errorCodes: ["BAD_REQUEST"] },
      { route: "other", status: 417, errorCodes: ["BAD_REQUEST"] },
      { route: "broken", status: 400, errorCodes: ["BAD_REQUEST"] },
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/secret|nowhere|much/);
  });

  it("marks a client that did not wait", async () => {
    await using gateway = await startGateway({ faults: [delayAnswer("GET", "/userPfxCertificates", 60_000)] });
    const query = '{"query":"{ userPfxCertificates { nodes { id } } }"}';
    const gone = connectTo(gateway.url);
    gone.write(
      `POST /graphql HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nContent-Type: application/json\r\nContent-Length: ${query.length}\r\n\r\n${query}`,
    );
    await expect.poll(() => gateway.emulator.requests.length).toBe(1);
    gone.destroy();

    const [line] = await linesOf(gateway, 1);

    expect(line).toMatchObject({ aborted: true, route: "/graphql", operationType: "query" });
    expect(line).not.toHaveProperty("status");
  });

  it("names the verified caller, and shares its id with the audit line", async () => {
    await using provider = await startIdentityProvider();
    await using gateway = await startGateway({ config: { authMode: "obo", identity: identityAt(provider) } });
    const authorization = `Bearer ${await provider.callers.issue()}`;

    await gateway.send(CREATE, { input: anInput() }, { authorization });

    const [line] = await linesOf(gateway, 1);
    const audit = gateway.log.find(({ msg }) => msg === "audit");
    expect(line).toMatchObject({ tenantId: provider.tenantId, objectId: callerObjectId, operationType: "mutation" });
    expect(audit?.httpRequestId).toBe(line?.id);
  });

  it("names only operations from the operator's manifest", async () => {
    const folder = mkdtempSync(join(tmpdir(), "manifest-"));
    const file = join(folder, "manifest.json");
    writeFileSync(file, JSON.stringify({ known: "query Known { __typename }" }));
    await using gateway = await startGateway({ config: { persistedOperationsFile: file } });
    await using open = await startGateway();
    rmSync(folder, { recursive: true });

    await gateway.send("query Known { __typename }");
    await gateway.send("query Unknown { __typename }");
    await open.send("query Known { __typename }");

    expect((await linesOf(gateway, 2)).map(({ operationName }) => operationName)).toEqual(["Known", undefined]);
    expect((await linesOf(open, 1)).map(({ operationName }) => operationName)).toEqual([undefined]);
  });

  it("has probes at level debug only", async () => {
    await using gateway = await startGateway();
    await fetch(new URL("/livez", gateway.url));
    await fetch(new URL("/readyz", gateway.url));

    expect(await linesOf(gateway, 2)).toMatchObject([
      { level: 20, route: "/livez", status: 200 },
      { level: 20, route: "/readyz", status: 200 },
    ]);
  });

  it.each([
    ["info", 1],
    ["warn", 0],
  ])("is written at LOG_LEVEL=%s: %i line", (level, count) => {
    const lines: string[] = [];
    const log = createLog(level, { write: (line) => void lines.push(line) });

    log.access({ route: "/graphql", bytesIn: 1, bytesOut: 1 });

    expect(lines).toHaveLength(count);
  });
});

describe("the audit log", () => {
  it.each([
    ["trace", 1],
    ["info", 1],
    ["error", 1],
    ["fatal", 1],
    ["silent", 0],
  ])("is written at LOG_LEVEL=%s: %i line", (level, count) => {
    const lines: string[] = [];
    const log = createLog(level, { write: (line) => void lines.push(line) });

    log.audit({ operation: "create", outcome: "success", httpRequestId: "id", mode: "app" });

    expect(lines.map((line) => JSON.parse(line))).toEqual(
      Array(count).fill({
        level: 30,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        operation: "create",
        outcome: "success",
        httpRequestId: "id",
        mode: "app",
        msg: "audit",
      }),
    );
  });
});
