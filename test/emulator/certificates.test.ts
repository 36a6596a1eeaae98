import { describe, expect, it } from "vitest";
import { userObjectId } from "../../src/emulator/record.ts";
import { startEmulator } from "../../src/emulator/server.ts";
import { aCertificate, collection, errorOf, send } from "./graph.ts";

const now = () => Date.UTC(2026, 7, 1, 10, 20, 30, 456);

describe("creating a certificate", () => {
  it("answers 201 with the entity, its id and the service's timestamps", async () => {
    await using emulator = await startEmulator({ now });

    const answer = await send(emulator, "POST", collection, {
      body: { "@odata.type": "#microsoft.graph.userPFXCertificate", "@odata.etag": "x", ...aCertificate() },
      headers: { "client-request-id": "11111111-2222-4333-8444-555555555555" },
    });

    const id = `${userObjectId("user1@contoso.example").replaceAll("-", "")}-${aCertificate().thumbprint}`;
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      "@odata.context": `${emulator.url}/v1.0/$metadata#deviceManagement/userPfxCertificates/$entity`,
      ...aCertificate(),
      id,
      createdDateTime: "2026-08-01T10:20:30.4560001Z",
      lastModifiedDateTime: "2026-08-01T10:20:30.4560001Z",
    });
    expect(answer.headers.location).toBe(`${emulator.url}/v1.0/deviceManagement/userPfxCertificates('${id}')`);
    expect(emulator.ledger).toEqual([
      {
        sequence: 1,
        method: "POST",
        id,
        thumbprint: aCertificate().thumbprint,
        userPrincipalName: "user1@contoso.example",
        clientRequestId: "11111111-2222-4333-8444-555555555555",
      },
    ]);
  });

  it("accepts enum names in any case and answers in Graph's case", async () => {
    await using emulator = await startEmulator();

    const answer = await send(emulator, "POST", collection, {
      body: { ...aCertificate(), intendedPurpose: "SMIMESigning", paddingScheme: "OaepSha256" },
    });

    expect(answer.json).toMatchObject({ intendedPurpose: "smimeSigning", paddingScheme: "oaepSha256" });
  });

  it("builds the id from the user, however spelled, and the thumbprint in lowercase", async () => {
    await using emulator = await startEmulator();
    const thumbprint = "ABCDEF0123456789ABCDEF0123456789ABCDEF01";

    const answer = await send(emulator, "POST", collection, {
      body: { ...aCertificate(), thumbprint, userPrincipalName: "USER1@contoso.example" },
    });

    const user = userObjectId("user1@contoso.example").replaceAll("-", "");
    expect(answer.json).toMatchObject({ id: `${user}-${thumbprint.toLowerCase()}`, thumbprint });
    expect(answer.json.id).toMatch(/^[0-9a-f]{32}-[0-9a-f]{40}$/);
  });

  it("fills omitted properties: enums with their zero member, provider and key with null", async () => {
    await using emulator = await startEmulator();
    const {
      intendedPurpose: _purpose,
      paddingScheme: _scheme,
      providerName: _p,
      keyName: _k,
      ...rest
    } = aCertificate();

    const answer = await send(emulator, "POST", collection, { body: rest });

    expect(answer.json).toMatchObject({
      intendedPurpose: "unassigned",
      paddingScheme: "none",
      providerName: null,
      keyName: null,
    });
  });

  it.each<[name: string, change: Record<string, unknown>]>([
    ["an unknown property", { color: "red" }],
    ["a property in the wrong case", { Thumbprint: "a".repeat(40) }],
    ["a wrong enum member", { intendedPurpose: "smime" }],
    ["an enum's number", { paddingScheme: 5 }],
    ["a thumbprint that isn't 40 hexadecimal digits", { thumbprint: "abc" }],
    ["no thumbprint", { thumbprint: null }],
    ["no user", { userPrincipalName: undefined }],
    ["a user that is no user principal name", { userPrincipalName: "not a name" }],
    ["a blob that isn't base64", { encryptedPfxBlob: "%%%%" }],
    ["a blob in base64url", { encryptedPfxBlob: "ab-_" }],
    ["a password that isn't base64", { encryptedPfxPassword: "abc" }],
    ["a date without an offset", { startDateTime: "2026-01-01T00:00:00" }],
    ["a date the calendar doesn't have", { expirationDateTime: "2026-02-30T00:00:00Z" }],
    ["an offset nobody has", { expirationDateTime: "2026-02-20T00:00:00+99:99" }],
    ["another type", { "@odata.type": "#microsoft.graph.user" }],
    ["a number for a name", { keyName: 7 }],
  ])("rejects %s with 400 and stores nothing", async (_name, change) => {
    await using emulator = await startEmulator();

    const answer = await send(emulator, "POST", collection, { body: { ...aCertificate(), ...change } });

    expect(answer.status).toBe(400);
    expect(errorOf(answer).code).toBe("BadRequest");
    expect(emulator.records).toEqual([]);
    expect(emulator.ledger).toEqual([]);
  });

  it.each([
    ["an id", { id: "1" }],
    ["the service's timestamp", { createdDateTime: "2026-01-01T00:00:00Z" }],
  ])("rejects %s with 400 and stores nothing if configured", async (_name, change) => {
    await using emulator = await startEmulator({ readOnlyProperties: "refuse" });

    const answer = await send(emulator, "POST", collection, { body: { ...aCertificate(), ...change } });

    expect([answer.status, errorOf(answer).code, emulator.ledger]).toEqual([400, "BadRequest", []]);
  });

  it("ignores id and the service's timestamps, as Microsoft's import module sends them", async () => {
    await using emulator = await startEmulator({ now });

    const answer = await send(emulator, "POST", collection, {
      body: { ...aCertificate(), id: "mine", createdDateTime: "2001-01-01T00:00:00Z" },
    });

    expect(answer.status).toBe(201);
    expect(answer.json.id).not.toBe("mine");
    expect(answer.json.createdDateTime).toBe("2026-08-01T10:20:30.4560001Z");
  });

  it("rejects broken JSON and bodies that are not an object with 400", async () => {
    await using emulator = await startEmulator();

    for (const body of ["{", "[]", "null", '"text"']) {
      const answer = await send(emulator, "POST", collection, { body });
      expect(answer.status).toBe(400);
    }
  });

  it("rejects another content type with 415", async () => {
    await using emulator = await startEmulator();

    const answer = await send(emulator, "POST", collection, {
      body: JSON.stringify(aCertificate()),
      headers: { "content-type": "text/plain" },
    });

    expect(answer.status).toBe(415);
    expect(emulator.records).toEqual([]);
  });

  it("rejects a body above the limit with 413", async () => {
    await using emulator = await startEmulator({ maxBodyBytes: 1_000 });

    const answer = await send(emulator, "POST", collection, {
      body: { ...aCertificate(), encryptedPfxBlob: "A".repeat(4_000) },
    });

    expect(answer.status).toBe(413);
    expect(emulator.records).toEqual([]);
  });

  it("accepts a body of many megabytes", async () => {
    await using emulator = await startEmulator();

    const answer = await send(emulator, "POST", collection, {
      body: { ...aCertificate(), encryptedPfxBlob: "A".repeat(8_000_000) },
    });

    expect(answer.status).toBe(201);
  });
});

describe("creating the same certificate again", () => {
  it("is a conflict by default, whatever the case of user and thumbprint", async () => {
    await using emulator = await startEmulator({ seed: [{ ...aCertificate(), thumbprint: "a".repeat(40) }] });

    const answer = await send(emulator, "POST", collection, {
      body: { ...aCertificate(), thumbprint: "A".repeat(40), userPrincipalName: "User1@Contoso.example" },
    });

    expect(answer.status).toBe(409);
    expect(emulator.records).toHaveLength(1);
    expect(emulator.ledger).toEqual([]);
  });

  it("may be a bad request without a reason", async () => {
    await using emulator = await startEmulator({ seed: [aCertificate()], onDuplicate: "badRequest" });

    const answer = await send(emulator, "POST", collection, { body: aCertificate() });

    expect(answer.status).toBe(400);
    expect(errorOf(answer).message).toBe("An error has occurred.");
  });

  it("may overwrite the record and keep id, position and creation date", async () => {
    await using emulator = await startEmulator({
      seed: [aCertificate(1), aCertificate(2)],
      onDuplicate: "overwrite",
    });
    const [before] = emulator.records;

    const answer = await send(emulator, "POST", collection, { body: { ...aCertificate(), keyName: "Other" } });

    expect(answer.status).toBe(201);
    expect(emulator.records).toHaveLength(2);
    expect(emulator.records[0]).toMatchObject({
      id: before?.id,
      keyName: "Other",
      createdDateTime: before?.createdDateTime,
    });
    expect(emulator.ledger).toHaveLength(1);
  });
});

describe("reading one certificate", () => {
  it("finds it by all three key forms, redacted", async () => {
    await using emulator = await startEmulator({ seed: [aCertificate()] });
    const id = emulator.records[0]?.id;

    for (const key of [`/${id}`, `('${id}')`, `(${id})`, `(%27${id}%27)`]) {
      const answer = await send(emulator, "GET", `${collection}${key}`);
      expect(answer.status).toBe(200);
      expect(answer.json).toMatchObject({ id, encryptedPfxBlob: "AA==", encryptedPfxPassword: "" });
    }
    expect(emulator.records[0]?.encryptedPfxBlob).toBe(aCertificate().encryptedPfxBlob);
  });

  it("returns dates with all digits and the offset", async () => {
    await using emulator = await startEmulator({ seed: [aCertificate()] });

    const answer = await send(emulator, "GET", `${collection}/${emulator.records[0]?.id}`);

    expect(answer.json.startDateTime).toBe("2026-12-31T23:58:46.7156189-07:00");
  });

  it("returns only the selected properties", async () => {
    await using emulator = await startEmulator({ seed: [aCertificate()] });
    const path = `${collection}/${emulator.records[0]?.id}`;

    const answer = await send(emulator, "GET", `${path}?$select=thumbprint,keyName`);
    const wrong = await send(emulator, "GET", `${path}?$select=colour`);

    expect(Object.keys(answer.json)).toEqual(["@odata.context", "thumbprint", "keyName"]);
    expect(wrong.status).toBe(400);
  });

  it("answers 404 for an unknown id", async () => {
    await using emulator = await startEmulator({ seed: [aCertificate()] });

    for (const key of ["/nobody", "('nobody')", "/..%2Fx", "/%27)or(1%20eq%201"]) {
      expect((await send(emulator, "GET", `${collection}${key}`)).status).toBe(404);
    }
  });
});

describe("updating a certificate", () => {
  it("changes the sent properties, returns the entity, and adds to the ledger", async () => {
    await using emulator = await startEmulator({ seed: [aCertificate()], now });
    const before = emulator.records[0];

    const answer = await send(emulator, "PATCH", `${collection}/${before?.id}`, {
      body: { keyName: "Other", intendedPurpose: "Wifi" },
    });

    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ id: before?.id, keyName: "Other", intendedPurpose: "wifi" });
    expect(emulator.records).toEqual([
      { ...before, keyName: "Other", intendedPurpose: "wifi", lastModifiedDateTime: "2026-08-01T10:20:30.4560002Z" },
    ]);
    expect(emulator.ledger.map(({ method }) => method)).toEqual(["PATCH"]);
  });

  it("keeps the id when the thumbprint changes", async () => {
    await using emulator = await startEmulator({ seed: [aCertificate()] });
    const id = emulator.records[0]?.id;

    await send(emulator, "PATCH", `${collection}/${id}`, { body: { thumbprint: "b".repeat(40) } });

    expect(emulator.records).toMatchObject([{ id, thumbprint: "b".repeat(40) }]);
  });

  it("stores the redacted values of a read, which destroys the secrets", async () => {
    await using emulator = await startEmulator({ seed: [aCertificate()] });

    await send(emulator, "PATCH", `${collection}/${emulator.records[0]?.id}`, {
      body: { encryptedPfxBlob: "AA==", encryptedPfxPassword: "" },
    });

    expect(emulator.records).toMatchObject([{ encryptedPfxBlob: "AA==", encryptedPfxPassword: "" }]);
  });

  it("answers 204 without a body if configured", async () => {
    await using emulator = await startEmulator({ seed: [aCertificate()], patchAnswer: 204 });

    const answer = await send(emulator, "PATCH", `${collection}/${emulator.records[0]?.id}`, {
      body: { keyName: "O" },
    });

    expect([answer.status, answer.text, answer.headers["content-type"]]).toEqual([204, "", undefined]);
    expect(emulator.records[0]?.keyName).toBe("O");
  });

  it("answers 404 for a missing id, 400 for a bad body, and changes nothing", async () => {
    await using emulator = await startEmulator({ seed: [aCertificate()] });
    const before = emulator.records;

    const missing = await send(emulator, "PATCH", `${collection}/nobody`, { body: { keyName: "Other" } });
    const bad = await send(emulator, "PATCH", `${collection}/${before[0]?.id}`, { body: { keyName: "O", hue: 1 } });

    expect([missing.status, bad.status]).toEqual([404, 400]);
    expect(emulator.records).toEqual(before);
    expect(emulator.ledger).toEqual([]);
  });
});

describe("deleting a certificate", () => {
  it("answers 204, then 404", async () => {
    await using emulator = await startEmulator({ seed: [aCertificate(1), aCertificate(2)] });
    const path = `${collection}/${emulator.records[0]?.id}`;

    const first = await send(emulator, "DELETE", path);
    const second = await send(emulator, "DELETE", path);

    expect([first.status, first.text, second.status]).toEqual([204, "", 404]);
    expect(emulator.records.map((record) => record.thumbprint)).toEqual([aCertificate(2).thumbprint]);
    expect(emulator.ledger.map(({ method }) => method)).toEqual(["DELETE"]);
  });
});

describe("echoSecrets: false", () => {
  it("redacts responses to writes too, and still stores the secrets", async () => {
    await using emulator = await startEmulator({ echoSecrets: false });

    const created = await send(emulator, "POST", collection, { body: aCertificate() });
    const patched = await send(emulator, "PATCH", `${collection}/${created.json.id}`, { body: { keyName: "Other" } });

    for (const answer of [created, patched]) {
      expect(answer.json).toMatchObject({ encryptedPfxBlob: "AA==", encryptedPfxPassword: "" });
    }
    expect(emulator.records).toMatchObject([{ encryptedPfxBlob: aCertificate().encryptedPfxBlob }]);
  });
});
