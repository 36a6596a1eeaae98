import {
  CreateUserPfxCertificateDocument as CREATE,
  UserPfxCertificatesDocument as LIST,
} from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { hangBeforeApplying } from "../../../../src/emulator/faults.ts";
import { startGateway } from "../../../support/gateway.ts";
import { anInput } from "../../../support/input.ts";
import { startToxicProxy, type Toxic, type ToxicProxy } from "../../../support/toxic-proxy.ts";

/** A create through a proxy that does such things to the first connections. */
async function createThrough(...toxics: Toxic[]) {
  let proxy: ToxicProxy | undefined;
  const gateway = await startGateway({
    through: async (url) => {
      proxy = await startToxicProxy(url);
      proxy.toxics.push(...toxics);
      return proxy;
    },
  });
  try {
    const { data, errors } = await gateway.send(CREATE, { input: anInput() });
    const { records, ledger, requests } = gateway.emulator;
    return {
      id: data?.createUserPfxCertificate.id,
      code: errors?.[0]?.extensions?.code,
      records,
      ledger,
      sendings: requests.filter(({ method }) => method === "POST").length,
      lookUps: requests.filter(({ method }) => method === "GET").length,
      connections: proxy?.connections,
    };
  } finally {
    await proxy?.[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
  }
}

describe("creating through a bad network", () => {
  it("succeeds with one attempt when the response is reset", async () => {
    const { id, records, sendings, lookUps } = await createThrough({ kind: "resetBeforeAnswer" });

    expect(id).toBe(records[0]?.id);
    expect(sendings).toBe(1);
    expect(lookUps).toBe(1);
  });

  it("succeeds after two look-ups when the request is reset", async () => {
    const { id, ledger, records, sendings, lookUps } = await createThrough({ kind: "resetBeforeRequest" });

    expect(id).toBe(records[0]?.id);
    expect(ledger).toHaveLength(1);
    expect(sendings).toBe(1);
    expect(lookUps).toBe(2);
  });

  it.each([20, 200, 700])("succeeds when the response ends after %i bytes", async (bytes) => {
    const { id, records, sendings } = await createThrough({ kind: "truncate", bytes });

    expect(id).toBe(records[0]?.id);
    expect(records).toHaveLength(1);
    expect(sendings).toBe(1);
  });

  it.each([1, 7])("succeeds when the response arrives %i bytes at a time", async (bytes) => {
    const { id, records, lookUps } = await createThrough({ kind: "slice", bytes });

    expect(id).toBe(records[0]?.id);
    expect(lookUps).toBe(0);
  });

  it("succeeds over a slow line", async () => {
    const { id, records } = await createThrough({ kind: "latency", delayMs: 60 });

    expect(id).toBe(records[0]?.id);
  });

  it("reports no success when every connection is reset", async () => {
    const { code, records } = await createThrough(...Array<Toxic>(20).fill({ kind: "resetOnConnect" }));

    expect(["OUTCOME_UNKNOWN", "UPSTREAM_UNAVAILABLE"]).toContain(code);
    expect(records).toHaveLength(0);
  });
});

describe("requests that are abandoned while they wait for a connection", () => {
  it("cost few connections", async () => {
    let proxy: ToxicProxy | undefined;
    await using gateway = await startGateway({
      through: async (url) => {
        proxy = await startToxicProxy(url);
        return proxy;
      },
      config: { graphMaxConnections: 4 },
      faults: [hangBeforeApplying("GET", "/userPfxCertificates", { times: 100 })],
    });
    await using _ = { [Symbol.asyncDispose]: async () => proxy?.[Symbol.asyncDispose]() };

    await Promise.all(Array.from({ length: 100 }, () => gateway.send(LIST, {}, { "x-request-timeout-ms": "500" })));
    const during = proxy?.connections ?? 0;
    gateway.emulator.faults.clear();
    const { errors } = await gateway.send(LIST, {});

    expect(errors).toBeUndefined();
    expect(during).toBeLessThan(80); // of a hundred requests, each of which is tried again
    expect((proxy?.connections ?? 0) - during).toBeLessThan(20);
  });
});
