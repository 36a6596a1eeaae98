/** `userId`: the owner's object id in Microsoft Entra, read from the certificate's id. */
import { describe, expect, it } from "vitest";
import { answerStatus } from "../../src/emulator/faults.ts";
import { userObjectId } from "../../src/emulator/record.ts";
import { seedRecords } from "../../src/emulator/seed.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { anInput } from "../support/input.ts";

const GET = "query ($id: ID!) { userPfxCertificate(id: $id) { id userId userPrincipalName } }";
const LIST = "{ userPfxCertificates { nodes { userId userPrincipalName } } }";
const CREATE =
  "mutation ($input: CreateUserPfxCertificateInput!) { createUserPfxCertificate(input: $input) { userId } }";
const UPDATE = `mutation ($id: ID!, $input: UpdateUserPfxCertificateInput!) {
  updateUserPfxCertificate(id: $id, input: $input) { id userId userPrincipalName }
}`;

const idOf = (gateway: TestGateway) => gateway.emulator.records[0]?.id ?? "";

describe("userId", () => {
  it("is the owner's object id, of creates, lists and single certificates, and as an entity", async () => {
    await using gateway = await startGateway();
    const userId = userObjectId(anInput().userPrincipalName);
    expect(userId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

    const created = await gateway.send(CREATE, { input: anInput() });
    const listed = await gateway.send(LIST);
    const got = await gateway.send(GET, { id: idOf(gateway) });
    const entity = await gateway.send(
      "query ($of: [_Any!]!) { _entities(representations: $of) { ... on UserPfxCertificate { userId } } }",
      { of: [{ __typename: "UserPfxCertificate", id: idOf(gateway) }] },
    );

    expect(created.data).toEqual({ createUserPfxCertificate: { userId } });
    expect(listed.data).toMatchObject({ userPfxCertificates: { nodes: [{ userId }] } });
    expect(got.data).toMatchObject({ userPfxCertificate: { userId } });
    expect(entity.data).toEqual({ _entities: [{ userId }] });
  });

  it("stays the same after the owner was renamed: only the name that Graph reports changes", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1) });
    const [record] = gateway.emulator.records;
    const id = idOf(gateway);
    const body = { ...record, userPrincipalName: "renamed@contoso.example" };
    gateway.emulator.faults.add(answerStatus("GET", id, 200, { body }));

    const { data } = await gateway.send(GET, { id });

    const userId = userObjectId(record?.userPrincipalName ?? "");
    expect(data).toEqual({ userPfxCertificate: { id, userId, userPrincipalName: "renamed@contoso.example" } });
  });

  it("is null after an update that changes the user, because the id names the former one", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1) });
    const id = idOf(gateway);

    const renamed = await gateway.send(UPDATE, { id, input: { userPrincipalName: "lidia@contoso.example" } });
    const other = await gateway.send(UPDATE, { id, input: { keyName: "Key" } });

    expect(renamed.data).toEqual({
      updateUserPfxCertificate: { id, userId: null, userPrincipalName: "lidia@contoso.example" },
    });
    expect(other.data).toMatchObject({
      updateUserPfxCertificate: { userId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
  });

  it.each(["0123-4567", "a".repeat(73), `${"g".repeat(32)}-${"0".repeat(40)}`, `${"a".repeat(32)}-${"0".repeat(39)}`])(
    "is null for an id of another shape: %s",
    async (id) => {
      await using gateway = await startGateway({ faults: [answerStatus("GET", id, 200, { body: { id } })] });

      const { data } = await gateway.send(GET, { id });

      expect(data).toMatchObject({ userPfxCertificate: { id, userId: null } });
    },
  );

  it("is in lower case, whatever the id's case", async () => {
    const id = `${"AB".repeat(16)}-${"C".repeat(40)}`;
    await using gateway = await startGateway({ faults: [answerStatus("GET", id, 200, { body: { id } })] });

    const { data } = await gateway.send(GET, { id });

    expect(data).toMatchObject({ userPfxCertificate: { userId: "abababab-abab-abab-abab-abababababab" } });
  });
});
