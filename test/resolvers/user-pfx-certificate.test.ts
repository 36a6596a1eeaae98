import { UserPfxCertificateDocument as GET } from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { answerStatus } from "../../src/emulator/faults.ts";
import { seedRecords } from "../../src/emulator/seed.ts";
import { startGateway } from "../support/gateway.ts";
import { wrongIds } from "../support/ids.ts";
import { codesOf, leaksOf } from "../support/leaks.ts";

const ALL = `query ($id: ID!) {
  userPfxCertificate(id: $id) {
    id thumbprint intendedPurpose userPrincipalName startDateTime expirationDateTime providerName keyName
    paddingScheme encryptedPfxBlob encryptedPfxPassword createdDateTime lastModifiedDateTime
    user { userPrincipalName }
  }
}`;

describe("userPfxCertificate", () => {
  it("returns every property, with null for the two that Graph redacts", async () => {
    await using gateway = await startGateway({ seed: seedRecords() });
    const record = gateway.emulator.records[6];

    const { data, errors } = await gateway.send(ALL, { id: record?.id });

    expect(errors).toBeUndefined();
    expect(data).toEqual({
      userPfxCertificate: {
        ...record,
        intendedPurpose: "SMIME_ENCRYPTION",
        paddingScheme: "OAEP_SHA512",
        encryptedPfxBlob: null,
        encryptedPfxPassword: null,
        user: { userPrincipalName: record?.userPrincipalName },
      },
    });
  });

  it("sends one request, for that certificate", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1) });
    const id = gateway.emulator.records[0]?.id ?? "";

    await gateway.send(GET, { id });

    expect(gateway.emulator.requests.map(({ method, path, query, body }) => ({ method, path, query, body }))).toEqual([
      { method: "GET", path: `/deviceManagement/userPfxCertificates/${id}`, query: {}, body: undefined },
    ]);
  });

  it("returns null for an unknown id", async () => {
    await using gateway = await startGateway();

    const { data, errors, status } = await gateway.send(GET, { id: "0123-4567" });

    expect({ data, errors, status }).toEqual({ data: { userPfxCertificate: null }, errors: undefined, status: 200 });
  });

  it("returns null for properties without a value, and no owner without a user", async () => {
    await using gateway = await startGateway();
    const id = "0123-4567";
    const body = { id, thumbprint: null, userPrincipalName: null, encryptedPfxBlob: null, keyName: null };
    gateway.emulator.faults.add(answerStatus("GET", id, 200, { body }));

    const { data, errors } = await gateway.send<{ userPfxCertificate: object }, object>(ALL, { id });

    expect(errors).toBeUndefined();
    const { id: answered, ...others } = { id: undefined, ...data?.userPfxCertificate };
    expect(answered).toBe(id);
    expect(Object.values(others)).toEqual(Array.from({ length: 13 }, () => null));
  });

  it("keeps every digit of Graph's response", async () => {
    await using gateway = await startGateway();
    const dates = {
      startDateTime: "0001-01-01T00:00:00Z",
      expirationDateTime: "2016-12-31T23:59:40.1234567-08:00",
      createdDateTime: "2017-01-01T00:02:43.5775965-08:00",
      lastModifiedDateTime: "9999-12-31T23:59:59.9999999Z",
    };
    gateway.emulator.faults.add(answerStatus("GET", "0123-4567", 200, { body: { id: "0123-4567", ...dates } }));

    const { data } = await gateway.send<{ userPfxCertificate: object }, object>(ALL, { id: "0123-4567" });

    expect(data?.userPfxCertificate).toMatchObject(dates);
  });

  it("ignores unknown properties", async () => {
    await using gateway = await startGateway();
    const body = { "@odata.etag": "x", id: "0123-4567", somethingNew: { deep: [1] }, keyName: "K" };
    gateway.emulator.faults.add(answerStatus("GET", "0123-4567", 200, { body }));

    const { data, errors } = await gateway.send<{ userPfxCertificate: object }, object>(ALL, { id: "0123-4567" });

    expect(errors).toBeUndefined();
    expect(data?.userPfxCertificate).toMatchObject({ keyName: "K" });
  });

  it.each(wrongIds)("rejects the id %j and sends nothing", async (id) => {
    await using gateway = await startGateway({ seed: seedRecords(1) });

    const asVariable = await gateway.send(GET, { id });
    const answers = [asVariable];
    if (!/\p{Cs}/u.test(id)) {
      answers.push(await gateway.send(`{ userPfxCertificate(id: ${JSON.stringify(id)}) { id } }`));
    }

    for (const answer of answers) {
      expect(answer.data).toEqual({ userPfxCertificate: null });
      expect(answer.errors?.map(({ extensions }) => extensions)).toEqual([
        {
          code: "BAD_USER_INPUT",
          invalid: [{ path: "id", message: "must be a certificate's id: letters, digits and dashes" }],
        },
      ]);
      expect(leaksOf(id, gateway, answer)).toEqual([]);
    }
    expect(gateway.emulator.requests).toEqual([]);
  });

  it.each([
    ["missing", undefined, "is required"],
    ["null", null, "must not be null"],
    ["a fraction", 1.5, "must be a string or a whole number"],
    ["true", true, "must be a string or a whole number"],
    ["a list", ["a"], "must be a string or a whole number"],
    ["an object", { id: "a" }, "must be a string or a whole number"],
  ])("rejects an id that is %s", async (_, id, message) => {
    await using gateway = await startGateway();

    const { errors } = await gateway.send<unknown, object>("query ($id: ID!) { userPfxCertificate(id: $id) { id } }", {
      id,
    });

    expect(errors?.map(({ extensions }) => extensions)).toEqual([
      { code: "BAD_USER_INPUT", invalid: [{ path: "id", message }] },
    ]);
    expect(gateway.emulator.requests).toEqual([]);
  });

  it.each(["0", "ABC-def-09", "-", "a".repeat(128)])("sends the id %s unchanged", async (id) => {
    await using gateway = await startGateway();

    await gateway.send(GET, { id });

    expect(gateway.emulator.requests.map(({ path }) => path)).toEqual([`/deviceManagement/userPfxCertificates/${id}`]);
  });

  it("answers several certificates in one operation independently", async () => {
    await using gateway = await startGateway({ seed: seedRecords(2) });
    const [first, second] = gateway.emulator.records;
    const query = `{
      a: userPfxCertificate(id: "${first?.id}") { id }
      b: userPfxCertificate(id: "gone") { id }
      c: userPfxCertificate(id: "../x") { id }
      d: userPfxCertificate(id: "${second?.id}") { thumbprint }
    }`;

    const answer = await gateway.send(query);

    expect(answer.data).toEqual({ a: { id: first?.id }, b: null, c: null, d: { thumbprint: second?.thumbprint } });
    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(answer.errors?.[0]?.path).toEqual(["c"]);
  });
});
