/** Responses that a proxy on the way has compressed, or that begin with a byte order mark. */
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import {
  CreateUserPfxCertificateDocument as CREATE,
  CreateUserPfxCertificatesDocument as CREATE_MANY,
  UserPfxCertificatesDocument as LIST,
  UpdateUserPfxCertificateDocument as UPDATE,
} from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { seedRecords } from "../../../src/emulator/seed.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { anInput, thumbprintOf } from "../../support/input.ts";
import { codesOf } from "../../support/leaks.ts";
import { type Recoding, startRecodingProxy } from "../../support/recoding-proxy.ts";

const mark = Buffer.from("\ufeff");
const marked = (body: Buffer) => Buffer.concat([mark, body]);

const readable: [string, Recoding][] = [
  ["a byte order mark", { headers: {}, bytes: marked }],
  ["gzip", { headers: { "content-encoding": "gzip" }, bytes: (body) => gzipSync(body) }],
  ["x-gzip", { headers: { "content-encoding": "X-GZIP" }, bytes: (body) => gzipSync(body) }],
  ["gzip of a byte order mark", { headers: { "content-encoding": "gzip" }, bytes: (body) => gzipSync(marked(body)) }],
  ["deflate", { headers: { "content-encoding": "deflate" }, bytes: (body) => deflateSync(body) }],
  ["brotli", { headers: { "content-encoding": "br" }, bytes: (body) => brotliCompressSync(body) }],
  ["identity", { headers: { "content-encoding": "identity" }, bytes: (body) => body }],
];

/** The proxy ends by itself: nothing waits in it once the gateway has stopped. */
async function startBehind(recoding: Recoding): Promise<TestGateway> {
  return startGateway({
    seed: seedRecords(2),
    through: (emulatorUrl) => startRecodingProxy(emulatorUrl, recoding),
  });
}

describe.each(readable)("a response with %s", (_, recoding) => {
  it("is read: creates, plural creates, updates, lists and errors", async () => {
    await using gateway = await startBehind(recoding);
    const id = gateway.emulator.records[0]?.id ?? "";

    const created = await gateway.send(CREATE, { input: anInput() });
    const inputs = [1, 2, 3].map((number) => anInput({ thumbprint: thumbprintOf(number) }));
    const many = await gateway.send(CREATE_MANY, { inputs });
    const updated = await gateway.send(UPDATE, { id, changes: { keyName: "other" } });
    const listed = await gateway.send(LIST);
    const again = await gateway.send(CREATE, { input: anInput() });

    expect(created.data?.createUserPfxCertificate.id).toBe(gateway.emulator.ledger[0]?.id);
    expect(many.data?.createUserPfxCertificates.createdCount).toBe(3);
    expect(updated.data?.updateUserPfxCertificate.keyName).toBe("other");
    expect(listed.data?.userPfxCertificates.edges).toHaveLength(6);
    expect(again.errors?.[0]?.extensions).toMatchObject({ code: "CONFLICT", graph: { status: 409 } });
    expect(gateway.emulator.requests.filter(({ method }) => method === "GET")).toHaveLength(2); // the list, and the look-up of the conflict
  });
});

describe("a response", () => {
  it.each<[string, Recoding]>([
    ["with an unknown coding", { headers: { "content-encoding": "zstd2" }, bytes: (body) => body }],
    [
      "with several codings",
      { headers: { "content-encoding": "gzip, gzip" }, bytes: (body) => gzipSync(gzipSync(body)) },
    ],
    ["that is not what its coding says", { headers: { "content-encoding": "gzip" }, bytes: (body) => body }],
    [
      "that ends in the middle of its coding",
      { headers: { "content-encoding": "gzip" }, bytes: (body) => gzipSync(body).subarray(0, 40) },
    ],
    [
      "that grows beyond the limit",
      { headers: { "content-encoding": "gzip" }, bytes: () => gzipSync(Buffer.alloc(40 * 1024 * 1024, " ")) },
    ],
  ])("%s fails with UPSTREAM_INVALID_RESPONSE", async (_, recoding) => {
    await using gateway = await startBehind(recoding);

    expect(codesOf(await gateway.send(LIST))).toEqual(["UPSTREAM_INVALID_RESPONSE"]);
  });
});
