import fc from "fast-check";
import {
  UpdateUserPfxCertificateDocument as UPDATE,
  type UpdateUserPfxCertificateInput,
} from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { answerStatus } from "../../src/emulator/faults.ts";
import { seedRecords } from "../../src/emulator/seed.ts";
import { UserPfxIntendedPurpose } from "../../src/schema/user-pfx-intended-purpose.ts";
import { UserPfxPaddingScheme } from "../../src/schema/user-pfx-padding-scheme.ts";
import { anotherEncryptedPassword } from "../support/encrypted-password.ts";
import { startGateway } from "../support/gateway.ts";
import { wrongIds } from "../support/ids.ts";
import { codesOf, leaksOf } from "../support/leaks.ts";

const ALL = `mutation ($id: ID!, $input: UpdateUserPfxCertificateInput!) {
  updateUserPfxCertificate(id: $id, input: $input) {
    id thumbprint intendedPurpose userPrincipalName startDateTime expirationDateTime providerName keyName
    paddingScheme encryptedPfxBlob encryptedPfxPassword createdDateTime lastModifiedDateTime
  }
}`;

const changes: Required<{
  [Name in keyof UpdateUserPfxCertificateInput]: NonNullable<UpdateUserPfxCertificateInput[Name]>;
}> = {
  thumbprint: "ABCDEF0123456789ABCDEF0123456789ABCDEF01",
  intendedPurpose: "WIFI",
  userPrincipalName: "lidia@contoso.example",
  startDateTime: "2027-01-01T00:00:00.1234567+01:00",
  expirationDateTime: "2029-01-01T00:00:00z",
  providerName: "Provider",
  keyName: "Key",
  paddingScheme: "OAEP_SHA384",
  encryptedPfxBlob: "TmV3IGZpbGU=",
  encryptedPfxPassword: anotherEncryptedPassword,
};

const odataType = { "@odata.type": "#microsoft.graph.userPFXCertificate" };

/** The changes as Graph is to get them. */
const wire: Readonly<Record<string, string>> = {
  ...changes,
  thumbprint: changes.thumbprint.toLowerCase(),
  intendedPurpose: "wifi",
  paddingScheme: "oaepSha384",
  expirationDateTime: "2029-01-01T00:00:00Z",
};

function only<Value>(names: readonly string[], all: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}

describe("updateUserPfxCertificate", () => {
  it.each(Object.keys(changes))("sends only %s if only that is given", async (name) => {
    await using gateway = await startGateway({ seed: seedRecords(1) });
    const before = gateway.emulator.records[0];

    const { errors } = await gateway.send(UPDATE, { id: before?.id ?? "", changes: only([name], changes) });

    expect(errors).toBeUndefined();
    expect(gateway.emulator.requests.map(({ method, path, body }) => ({ method, path, body }))).toEqual([
      {
        method: "PATCH",
        path: `/deviceManagement/userPfxCertificates/${before?.id}`,
        body: { ...odataType, [name]: wire[name] },
      },
    ]);
    expect(gateway.emulator.records).toEqual([
      { ...before, [name]: wire[name], lastModifiedDateTime: gateway.emulator.records[0]?.lastModifiedDateTime },
    ]);
  });

  it("sends exactly the given properties", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1), writeQuota: false });
    const id = gateway.emulator.records[0]?.id ?? "";

    await fc.assert(
      fc.asyncProperty(fc.subarray(Object.keys(changes), { minLength: 1 }), async (names) => {
        gateway.emulator.reset();
        const { errors } = await gateway.send(UPDATE, { id, changes: only(names, changes) });

        expect(errors).toBeUndefined();
        expect(gateway.emulator.requests.map(({ body }) => body)).toEqual([{ ...odataType, ...only(names, wire) }]);
      }),
      { numRuns: 60 },
    );
  });

  it("sends nothing for omitted variables in the input", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1) });
    const id = gateway.emulator.records[0]?.id;

    const { errors } = await gateway.send(
      `mutation ($id: ID!, $keyName: String, $blob: Base64) {
        updateUserPfxCertificate(id: $id, input: { keyName: $keyName, encryptedPfxBlob: $blob, providerName: "P" }) { id }
      }`,
      { id },
    );

    expect(errors).toBeUndefined();
    expect(gateway.emulator.requests.map(({ body }) => body)).toEqual([{ ...odataType, providerName: "P" }]);
  });

  it("returns the updated certificate with all thirteen properties", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1) });

    const { data, errors } = await gateway.send(ALL, { id: gateway.emulator.records[0]?.id, input: changes });

    expect(errors).toBeUndefined();
    const [stored] = gateway.emulator.records;
    expect(stored).toMatchObject(wire);
    expect(data).toEqual({
      updateUserPfxCertificate: { ...stored, intendedPurpose: "WIFI", paddingScheme: "OAEP_SHA384" },
    });
  });

  it("returns null for secrets that Graph redacts", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1), echoSecrets: false });
    const input = { keyName: "Key" };

    const { data } = await gateway.send<Record<string, object>, object>(ALL, {
      id: gateway.emulator.records[0]?.id,
      input,
    });

    expect(data?.updateUserPfxCertificate).toMatchObject({
      ...input,
      encryptedPfxBlob: null,
      encryptedPfxPassword: null,
    });
    expect(gateway.emulator.records[0]).toMatchObject({ encryptedPfxBlob: seedRecords(1)[0]?.encryptedPfxBlob });
  });

  it("sends and returns each enum member", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1) });
    const id = gateway.emulator.records[0]?.id;

    for (const [property, members] of [
      ["intendedPurpose", UserPfxIntendedPurpose],
      ["paddingScheme", UserPfxPaddingScheme],
    ] as const) {
      for (const [member, value] of Object.entries(members)) {
        const { data } = await gateway.send<Record<string, object>, object>(ALL, { id, input: { [property]: member } });

        expect(data?.updateUserPfxCertificate).toMatchObject({ [property]: member });
        expect(gateway.emulator.records[0]).toMatchObject({ [property]: value });
      }
    }
  });

  it("reads the certificate if Graph answers 204 without a body", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1), patchAnswer: 204 });
    const id = gateway.emulator.records[0]?.id ?? "";

    const { data, errors } = await gateway.send(UPDATE, { id, changes: { keyName: "Key" } });

    expect(errors).toBeUndefined();
    expect(data?.updateUserPfxCertificate).toMatchObject({ id, keyName: "Key" });
    expect(gateway.emulator.requests.map(({ method, status }) => [method, status])).toEqual([
      ["PATCH", 204],
      ["GET", 200],
    ]);
  });

  it.each([403, 500])("says that the change was made if reading it back fails with %i", async (status) => {
    const faults = [answerStatus("GET", /userPfxCertificates/, status, { times: 20 })];
    await using gateway = await startGateway({ seed: seedRecords(1), patchAnswer: 204, faults });
    const id = gateway.emulator.records[0]?.id ?? "";

    const { errors } = await gateway.send(UPDATE, { id, changes: { keyName: "Key" } });

    expect(errors?.map(({ message, extensions }) => [message, extensions])).toEqual([
      [expect.stringMatching(/accepted the change.* repeating it is safe/), { code: "OUTCOME_UNKNOWN" }],
    ]);
    expect(gateway.emulator.records[0]?.keyName).toBe("Key");
    expect(gateway.log.filter(({ msg }) => msg === "audit")).toMatchObject([
      { operation: "update", outcome: "success" },
    ]);
  });

  it.each([200, 204] as const)(
    "fails with NOT_FOUND for an unknown id, with Graph's success status %i",
    async (patchAnswer) => {
      await using gateway = await startGateway({ seed: seedRecords(1), patchAnswer });

      const { data, errors } = await gateway.send(UPDATE, { id: "0123-4567", changes: { keyName: "Key" } });

      expect(data).toBeNull();
      expect(errors?.map(({ path, extensions }) => ({ path, extensions }))).toMatchObject([
        { path: ["updateUserPfxCertificate"], extensions: { code: "NOT_FOUND", graph: { status: 404 } } },
      ]);
      expect(gateway.emulator.ledger).toEqual([]);
    },
  );

  it.each(wrongIds)("rejects the id %j and sends nothing", async (id) => {
    await using gateway = await startGateway({ seed: seedRecords(1) });

    const answer = await gateway.send(UPDATE, { id, changes });

    expect(answer.errors?.[0]?.extensions).toMatchObject({ code: "BAD_USER_INPUT", invalid: [{ path: "id" }] });
    expect(codesOf(answer)).toHaveLength(1);
    for (const secret of [id, changes.encryptedPfxBlob, changes.encryptedPfxPassword]) {
      expect(leaksOf(secret, gateway, answer)).toEqual([]);
    }
    expect(gateway.emulator.requests).toEqual([]);
  });
});
