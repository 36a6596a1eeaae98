import { CreateUserPfxCertificateDocument as CREATE } from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { challengeClaims } from "../../src/emulator/faults.ts";
import { UserPfxIntendedPurpose } from "../../src/schema/user-pfx-intended-purpose.ts";
import { UserPfxPaddingScheme } from "../../src/schema/user-pfx-padding-scheme.ts";
import { CREATE_WITH_SECRETS, type CreatedWithSecrets } from "../support/create-with-secrets.ts";
import { startGateway } from "../support/gateway.ts";
import { anInput, thumbprintOf } from "../support/input.ts";

describe("createUserPfxCertificate", () => {
  it("rejects a client that accepts no JSON before anything is stored", async () => {
    await using gateway = await startGateway();

    const { status, errors } = await gateway.send(CREATE, { input: anInput() }, { accept: "application/xml" });

    expect(status).toBe(406);
    expect(errors?.[0]?.extensions).toEqual({ code: "BAD_REQUEST" });
    expect(gateway.emulator.requests).toEqual([]);
  });

  it("returns all thirteen properties of the 201 response", async () => {
    await using gateway = await startGateway();

    const { data, errors } = await gateway.send<CreatedWithSecrets, object>(CREATE_WITH_SECRETS, { input: anInput() });

    expect(errors).toBeUndefined();
    const stored = gateway.emulator.records[0];
    expect(data?.createUserPfxCertificate).toEqual({
      ...anInput(),
      id: stored?.id,
      createdDateTime: stored?.createdDateTime,
      lastModifiedDateTime: stored?.lastModifiedDateTime,
    });
    expect(stored?.createdDateTime).toMatch(/\.\d{7}Z$/);
  });

  it("sends Graph the documented request", async () => {
    await using gateway = await startGateway();

    await gateway.send(CREATE, { input: anInput() });

    expect(gateway.emulator.requests).toHaveLength(1);
    const [request] = gateway.emulator.requests;
    expect(request).toMatchObject({ method: "POST", path: "/deviceManagement/userPfxCertificates", version: "v1.0" });
    expect(request?.headers).toMatchObject({
      authorization: "Bearer caller-token",
      "content-type": "application/json",
      "accept-encoding": "identity",
    });
    expect(request?.clientRequestId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(request?.body).toEqual({
      "@odata.type": "#microsoft.graph.userPFXCertificate",
      ...anInput(),
      intendedPurpose: "smimeEncryption",
      paddingScheme: "oaepSha512",
    });
  });

  it("sends and returns each of the 5 × 6 enum combinations", async () => {
    await using gateway = await startGateway({ writeQuota: false });
    let number = 0;
    for (const [intendedPurpose, wirePurpose] of Object.entries(UserPfxIntendedPurpose)) {
      for (const [paddingScheme, wireScheme] of Object.entries(UserPfxPaddingScheme)) {
        const thumbprint = thumbprintOf(++number);
        const input = { ...anInput({ thumbprint }), intendedPurpose, paddingScheme };
        const { data } = await gateway.send<Record<string, object>, object>(
          "mutation ($input: CreateUserPfxCertificateInput!) { createUserPfxCertificate(input: $input) { intendedPurpose paddingScheme } }",
          { input },
        );
        expect(data?.createUserPfxCertificate).toEqual({ intendedPurpose, paddingScheme });
        expect(gateway.emulator.requests.at(-1)?.body).toMatchObject({
          intendedPurpose: wirePurpose,
          paddingScheme: wireScheme,
        });
      }
    }
    expect(gateway.emulator.records).toHaveLength(30);
  });

  it("keeps seven fractional digits and the offset of a date-time", async () => {
    await using gateway = await startGateway();
    const dates = {
      startDateTime: "2016-12-31T23:59:40.1234567-08:00",
      expirationDateTime: "2031-12-31T23:57:57.7654321+05:45",
    };

    const { data } = await gateway.send(CREATE, { input: anInput(dates) });

    expect(data?.createUserPfxCertificate).toMatchObject(dates);
    expect(gateway.emulator.records[0]).toMatchObject(dates);
  });

  it("accepts a thumbprint in upper case and sends it in lower case", async () => {
    await using gateway = await startGateway();

    const { data } = await gateway.send(CREATE, { input: anInput({ thumbprint: "ABCDEF".repeat(6).padEnd(40, "A") }) });

    expect(data?.createUserPfxCertificate.thumbprint).toBe("abcdef".repeat(6).padEnd(40, "a"));
  });

  it("accepts guests and apostrophes in user principal names", async () => {
    await using gateway = await startGateway();
    const names = ["pat_fabrikam.com#EXT#@contoso.example", "miriam.o'brien@contoso.example"];

    for (const userPrincipalName of names) await gateway.send(CREATE, { input: anInput({ userPrincipalName }) });

    expect(gateway.emulator.records.map((record) => record.userPrincipalName)).toEqual(names);
  });

  it("returns null for secrets that Graph redacts", async () => {
    await using gateway = await startGateway({ echoSecrets: false });

    const { data } = await gateway.send<CreatedWithSecrets, object>(CREATE_WITH_SECRETS, { input: anInput() });

    expect(data?.createUserPfxCertificate).toMatchObject({ encryptedPfxBlob: null, encryptedPfxPassword: null });
  });

  it("fails with CONFLICT if the user already has the certificate", async () => {
    await using gateway = await startGateway();
    await gateway.send(CREATE, { input: anInput() });

    const { data, errors } = await gateway.send(CREATE, { input: anInput() });

    expect(data).toBeNull();
    expect(errors?.[0]?.extensions).toMatchObject({ code: "CONFLICT", graph: { status: 409 } });
    expect(gateway.emulator.records).toHaveLength(1);
  });

  it("answers HTTP 401 without a bearer token and sends nothing to Graph", async () => {
    await using gateway = await startGateway();

    const { status, headers, errors } = await gateway.send(CREATE, { input: anInput() }, { authorization: "" });

    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).toBe("Bearer");
    expect(errors?.[0]?.extensions).toEqual({ code: "UNAUTHENTICATED" });
    expect(gateway.emulator.requests).toHaveLength(0);
  });

  it("passes Graph's claims challenge to the caller", async () => {
    const claims = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}';
    await using gateway = await startGateway({ faults: [challengeClaims("POST", "/userPfxCertificates", claims)] });

    const { status, headers, errors } = await gateway.send(CREATE, { input: anInput() });

    const encoded = Buffer.from(claims).toString("base64");
    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).toBe(`Bearer error="insufficient_claims", claims="${encoded}"`);
    expect(errors?.[0]?.extensions).toMatchObject({ code: "CLAIMS_CHALLENGE", claims: encoded });
  });

  it("needs no token with the emulator and AUTH_MODE=none", async () => {
    await using gateway = await startGateway({ config: { authMode: "none" } });

    const { errors } = await gateway.send(CREATE, { input: anInput() }, { authorization: "" });

    expect(errors).toBeUndefined();
  });
});
