import { DeleteUserPfxCertificateDocument as DELETE } from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { seedRecords } from "../../src/emulator/seed.ts";
import { startGateway } from "../support/gateway.ts";
import { wrongIds } from "../support/ids.ts";
import { leaksOf } from "../support/leaks.ts";

describe("deleteUserPfxCertificate", () => {
  it("returns the id of the deleted certificate and deletes no other", async () => {
    await using gateway = await startGateway({ seed: seedRecords(3) });
    const [first, second, third] = gateway.emulator.records;

    const { data, errors } = await gateway.send(DELETE, { deletedId: second?.id ?? "" });

    expect(errors).toBeUndefined();
    expect(data).toEqual({ deleteUserPfxCertificate: second?.id });
    expect(gateway.emulator.records).toEqual([first, third]);
    expect(gateway.emulator.ledger).toMatchObject([{ method: "DELETE", id: second?.id }]);
  });

  it("sends Graph one request without a body", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1) });
    const id = gateway.emulator.records[0]?.id ?? "";

    await gateway.send(DELETE, { deletedId: id });

    expect(gateway.emulator.requests.map(({ method, path, query, body }) => ({ method, path, query, body }))).toEqual([
      { method: "DELETE", path: `/deviceManagement/userPfxCertificates/${id}`, query: {}, body: undefined },
    ]);
  });

  it("fails with NOT_FOUND for an unknown id", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1) });

    const { data, errors } = await gateway.send(DELETE, { deletedId: "0123-4567" });

    expect(data).toBeNull();
    expect(errors?.map(({ path, extensions }) => ({ path, extensions }))).toMatchObject([
      { path: ["deleteUserPfxCertificate"], extensions: { code: "NOT_FOUND", graph: { status: 404 } } },
    ]);
    expect(gateway.emulator.records).toHaveLength(1);
  });

  it("fails with NOT_FOUND the second time", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1) });
    const deletedId = gateway.emulator.records[0]?.id ?? "";

    const once = await gateway.send(DELETE, { deletedId });
    const twice = await gateway.send(DELETE, { deletedId });

    expect(once.errors).toBeUndefined();
    expect(twice.errors?.[0]?.extensions).toMatchObject({ code: "NOT_FOUND" });
    expect(gateway.emulator.ledger).toHaveLength(1);
  });

  it.each(wrongIds)("rejects the id %j and sends nothing", async (deletedId) => {
    await using gateway = await startGateway({ seed: seedRecords(1) });

    const answer = await gateway.send(DELETE, { deletedId });

    expect(answer.data).toBeNull();
    expect(answer.errors?.map(({ extensions }) => extensions)).toMatchObject([
      { code: "BAD_USER_INPUT", invalid: [{ path: "id" }] },
    ]);
    expect(leaksOf(deletedId, gateway, answer)).toEqual([]);
    expect(gateway.emulator.requests).toEqual([]);
  });
});
