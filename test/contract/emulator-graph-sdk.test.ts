/** Microsoft's own client, unchanged and over TLS, against the emulator: what it takes for Graph may pass for Graph. */
import {
  BatchRequestContent,
  BatchResponseContent,
  Client,
  GraphError,
  PageIterator,
} from "@microsoft/microsoft-graph-client";
import { generate } from "selfsigned";
import { Agent, fetch as undiciFetch } from "undici";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { dropAnswer } from "../../src/emulator/faults.ts";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../src/emulator/server.ts";
import { aCertificate } from "../emulator/graph.ts";

const path = "/deviceManagement/userPfxCertificates";
let tls: { key: string; cert: string };

beforeAll(async () => {
  const pems = await generate([{ name: "commonName", value: "127.0.0.1" }], {
    keyType: "ec",
    extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
  });
  tls = { key: pems.private, cert: pems.cert };
});

afterEach(() => vi.unstubAllGlobals());

interface Tenant extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly client: Client;
}

/** The SDK calls the global fetch; only which certificate that trusts is different here. */
async function startTenant(options: EmulatorOptions = {}): Promise<Tenant> {
  const emulator = await startEmulator({ tls, ...options });
  const dispatcher = new Agent({ connect: { ca: tls.cert } });
  vi.stubGlobal("fetch", (input: string, init: object) => undiciFetch(input, { ...init, dispatcher }));
  const client = Client.initWithMiddleware({
    baseUrl: emulator.url,
    customHosts: new Set([new URL(emulator.url).hostname]),
    authProvider: { getAccessToken: async () => "a-token" },
  });
  return {
    emulator,
    client,
    async [Symbol.asyncDispose]() {
      await emulator.close();
      await dispatcher.destroy();
    },
  };
}

describe("Microsoft's Graph client on the emulator", () => {
  it("creates a certificate and sends its token", async () => {
    await using tenant = await startTenant();

    const created = await tenant.client.api(path).version("beta").post(aCertificate());

    expect(created).toMatchObject(aCertificate());
    expect(tenant.emulator.records).toMatchObject([{ id: created.id }]);
    expect(tenant.emulator.requests).toMatchObject([
      { method: "POST", version: "beta", status: 201, headers: { authorization: "Bearer a-token" } },
    ]);
  });

  it("walks all pages with its PageIterator", async () => {
    const seed = Array.from({ length: 7 }, (_, index) => aCertificate(index + 1));
    await using tenant = await startTenant({ seed, pageSize: 3 });
    const thumbprints: string[] = [];

    const first = await tenant.client.api(path).get();
    await new PageIterator(tenant.client, first, (record) => thumbprints.push(record.thumbprint) > 0).iterate();

    expect(thumbprints).toEqual(seed.map((record) => record.thumbprint));
    expect(tenant.emulator.requests).toHaveLength(3);
  });

  it("filters, selects and counts", async () => {
    await using tenant = await startTenant({ seed: [aCertificate(1), aCertificate(2)] });

    const found = await tenant.client
      .api(path)
      .filter("tolower(userPrincipalName) eq 'user2@contoso.example'")
      .select(["id", "thumbprint"])
      .count(true)
      .get();

    expect(found["@odata.count"]).toBe(1);
    expect(found.value).toEqual([{ id: tenant.emulator.records[1]?.id, thumbprint: aCertificate(2).thumbprint }]);
  });

  it("gets, updates and deletes by id", async () => {
    await using tenant = await startTenant({ seed: [aCertificate()] });
    const one = `${path}/${tenant.emulator.records[0]?.id}`;

    const got = await tenant.client.api(one).get();
    const updated = await tenant.client.api(one).patch({ keyName: "Other" });
    const deleted = await tenant.client.api(one).delete();

    expect(got).toMatchObject({ encryptedPfxBlob: "AA==", keyName: "PFXEncryptionKey" });
    expect(updated).toMatchObject({ keyName: "Other" });
    expect(deleted).toBeUndefined();
    expect(tenant.emulator.ledger.map(({ method }) => method)).toEqual(["PATCH", "DELETE"]);
  });

  it("understands the emulator's errors", async () => {
    await using tenant = await startTenant({ v1HasSegment: false });

    const error: unknown = await tenant.client
      .api(path)
      .get()
      .catch((caught: unknown) => caught);

    expect(error).toBeInstanceOf(GraphError);
    expect(error).toMatchObject({
      statusCode: 400,
      code: "BadRequest",
      message: "Resource not found for the segment 'userPfxCertificates'.",
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it("sends a batch and reads its answers by id", async () => {
    await using tenant = await startTenant({ seed: [aCertificate(1)] });
    // The SDK strips the host and nothing more, and a batch item's url is relative to the version.
    const url = `${tenant.emulator.url}${path}`;
    const headers = { "content-type": "application/json" };
    const create = (number: number) =>
      new Request(url, { method: "POST", headers, body: JSON.stringify(aCertificate(number)) });

    const batch = new BatchRequestContent([
      { id: "new", request: create(2) },
      { id: "again", request: create(1) },
      { id: "list", request: new Request(`${url}?$top=1`) },
    ]);
    const answer = new BatchResponseContent(await tenant.client.api("/$batch").post(await batch.getContent()));

    expect(["new", "again", "list"].map((id) => answer.getResponseById(id).status)).toEqual([201, 409, 200]);
    expect(await answer.getResponseById("list").json()).toMatchObject({ value: [aCertificate(1)].map(shown) });
    expect(tenant.emulator.records).toHaveLength(2);
  });

  it("sees a reset connection over TLS while the write has been applied", async () => {
    await using tenant = await startTenant({ faults: [dropAnswer("POST", path)] });

    const error: unknown = await tenant.client
      .api(path)
      .post(aCertificate())
      .catch((caught: unknown) => caught);

    expect(error).toBeInstanceOf(GraphError);
    expect(tenant.emulator.records).toHaveLength(1);
    expect(tenant.emulator.requests).toMatchObject([{ status: undefined }]);
  });
});

const shown = ({ thumbprint, keyName }: { thumbprint: string; keyName: string | null }) => ({ thumbprint, keyName });
