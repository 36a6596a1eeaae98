/** Settings for what nobody outside Microsoft knows. `npm run test:tenant` tests each of them with the survey. */
import { describe, expect, it } from "vitest";
import { startEmulator } from "../../src/emulator/server.ts";
import { aCertificate, collection, errorOf, filtered, rowsOf, send } from "./graph.ts";

const beta = collection.replace("v1.0", "beta");

describe("a setting for an unknown", () => {
  it("removes the collection from beta", async () => {
    await using emulator = await startEmulator({ betaHasSegment: false });

    expect((await send(emulator, "GET", beta)).status).toBe(400);
    expect((await send(emulator, "GET", collection)).status).toBe(200);
  });

  it.each([
    ["overwrite", "2030-01-01T00:00:00Z", 1],
    ["keep", aCertificate().expirationDateTime, 1],
    ["add", aCertificate().expirationDateTime, 2],
  ] as const)("lets a second create %s", async (onDuplicate, expirationDateTime, count) => {
    await using emulator = await startEmulator({ onDuplicate, seed: [aCertificate()] });

    const body = { ...aCertificate(), expirationDateTime: "2030-01-01T00:00:00Z" };
    const answer = await send(emulator, "POST", collection, { body });

    expect(answer.status).toBe(201);
    expect(emulator.records[0]?.expirationDateTime).toBe(expirationDateTime);
    expect(emulator.records).toHaveLength(count);
    expect(new Set(emulator.records.map(({ id }) => id)).size).toBe(count);
  });

  it("omits the secrets from answers to writes", async () => {
    await using emulator = await startEmulator({ echoSecrets: "omit" });

    const { json } = await send(emulator, "POST", collection, { body: aCertificate() });

    expect(Object.keys(json)).not.toContain("encryptedPfxBlob");
    expect(Object.keys(json)).not.toContain("encryptedPfxPassword");
    expect(emulator.records[0]?.encryptedPfxBlob).toBe(aCertificate().encryptedPfxBlob);
  });

  it("stores the timestamps of a create", async () => {
    await using emulator = await startEmulator({ readOnlyProperties: "store" });

    const body = { ...aCertificate(), createdDateTime: "2001-02-03T04:05:06Z", lastModifiedDateTime: "nonsense" };
    const { json } = await send(emulator, "POST", collection, { body });

    expect(json).toMatchObject({ createdDateTime: body.createdDateTime, lastModifiedDateTime: body.createdDateTime });
  });

  it("refuses padding schemes", async () => {
    await using emulator = await startEmulator({ refusedPaddingSchemes: ["pkcs1"] });

    const pkcs1 = await send(emulator, "POST", collection, { body: { ...aCertificate(), paddingScheme: "PKCS1" } });
    const other = await send(emulator, "POST", collection, { body: aCertificate() });

    expect([pkcs1.status, other.status]).toEqual([400, 201]);
  });

  it("accepts any thumbprint", async () => {
    await using emulator = await startEmulator({ checksThumbprint: false });

    const { status } = await send(emulator, "POST", collection, { body: { ...aCertificate(), thumbprint: "short" } });

    expect(status).toBe(201);
  });

  it("answers a missing id with 400, and its deletion with 204", async () => {
    await using emulator = await startEmulator({ onMissing: "badRequest", onDeleteMissing: "success" });

    expect((await send(emulator, "GET", `${collection}/none`)).status).toBe(400);
    expect((await send(emulator, "DELETE", `${collection}/none`)).status).toBe(204);
    expect(emulator.ledger).toEqual([]);
  });

  it("names the filters that count, and refuses the others", async () => {
    const seed = [aCertificate(1), aCertificate(2)];
    await using emulator = await startEmulator({ seed, honouredFilters: ["keyName"], otherFilters: "refuse" });

    expect(rowsOf(await send(emulator, "GET", filtered("keyName eq 'other'")))).toEqual([]);
    expect((await send(emulator, "GET", filtered("tolower(thumbprint) eq '1'"))).status).toBe(400);
  });

  it("refuses query options", async () => {
    await using emulator = await startEmulator({ refusedQueryOptions: ["$select"] });

    expect((await send(emulator, "GET", `${collection}?$select=id`)).status).toBe(400);
    expect((await send(emulator, "GET", `${collection}?$top=1`)).status).toBe(200);
  });

  it("orders a list, page after page", async () => {
    const seed = [3, 1, 5, 2, 4].map((number) => aCertificate(number));
    await using emulator = await startEmulator({ seed, honoursOrderBy: true });
    const found: unknown[] = [];

    let path = `${collection}?$orderby=thumbprint%20desc&$top=2`;
    while (path !== "") {
      const page = await send(emulator, "GET", path);
      found.push(rowsOf(page).map(({ thumbprint }) => Number(thumbprint)));
      path = String(page.json["@odata.nextLink"] ?? "").replace(emulator.url, "");
    }

    expect(found).toEqual([[5, 4], [3, 2], [1]]);
    expect((await send(emulator, "GET", `${collection}?$orderby=colour`)).status).toBe(400);
  });

  it("ends a list after $top", async () => {
    await using emulator = await startEmulator({ seed: [aCertificate(1), aCertificate(2)], topMeans: "limit" });

    const page = await send(emulator, "GET", `${collection}?$top=1`);

    expect(rowsOf(page)).toHaveLength(1);
    expect(page.json).not.toHaveProperty("@odata.nextLink");
  });

  it("has no path for the number of records", async () => {
    await using emulator = await startEmulator({ countSegment: false });

    expect((await send(emulator, "GET", `${collection}/$count`)).status).toBe(400);
  });

  it("shows a new record in lists later, and by its id at once", async () => {
    let nowMs = Date.parse("2026-01-01T00:00:00Z");
    await using emulator = await startEmulator({ listDelayMs: 5000, now: () => nowMs });

    const created = await send(emulator, "POST", collection, { body: aCertificate() });
    const early = rowsOf(await send(emulator, "GET", collection));
    nowMs += 5000;
    const late = rowsOf(await send(emulator, "GET", collection));

    expect([early.length, late.length]).toEqual([0, 1]);
    expect((await send(emulator, "GET", `${collection}/${created.json.id}`)).status).toBe(200);
  });

  it("renames the service's error codes, not those of Graph's front door", async () => {
    await using emulator = await startEmulator({ errorCodes: { 404: "ItemNotFound", 400: "InvalidRequest" } });

    expect(errorOf(await send(emulator, "GET", `${collection}/none`)).code).toBe("ItemNotFound");
    expect(errorOf(await send(emulator, "GET", "/v1.0/deviceManagement/other")).code).toBe("BadRequest");
  });
});
