import {
  CreateUserPfxCertificateDocument as CREATE,
  DeleteUserPfxCertificateDocument as DELETE,
  UserPfxCertificatesDocument as LIST,
  UpdateUserPfxCertificateDocument as UPDATE,
} from "intune-pfx-client/operations";
import { describe, expect, it, vi } from "vitest";
import { delayAnswer, delayApplying, dropAnswer, dropRequest } from "../../../src/emulator/faults.ts";
import { seedRecords } from "../../../src/emulator/seed.ts";
import { startGateway } from "../../support/gateway.ts";
import { anInput } from "../../support/input.ts";

describe("a write whose first response was lost", () => {
  it("reports OUTCOME_UNKNOWN when the retry is rejected locally: update", async () => {
    const faults = [dropAnswer("PATCH", /userPfxCertificates/)];
    await using gateway = await startGateway({
      seed: seedRecords(1),
      faults,
      config: { graphWritesPer20s: 1, requestDeadlineMs: 5000 },
    });
    const id = gateway.emulator.records[0]?.id ?? "";

    const { errors } = await gateway.send(UPDATE, { id, changes: { keyName: "Another key" } });

    expect(gateway.emulator.records[0]?.keyName).toBe("Another key");
    expect(errors?.[0]?.extensions?.code).toBe("OUTCOME_UNKNOWN");
  });

  it("reports OUTCOME_UNKNOWN when the retry is rejected locally: delete", async () => {
    await using gateway = await startGateway({
      seed: seedRecords(1),
      faults: [dropRequest("DELETE", /userPfxCertificates/)],
      config: { graphWritesPer20s: 1, requestDeadlineMs: 5000 },
    });

    const { errors } = await gateway.send(DELETE, { deletedId: gateway.emulator.records[0]?.id ?? "" });

    expect(errors?.[0]?.extensions?.code).toBe("OUTCOME_UNKNOWN");
  });

  it("reports OUTCOME_UNKNOWN even if the outcome of the second attempt is known: create", async () => {
    const posts = "/userPfxCertificates";
    await using gateway = await startGateway({
      faults: [delayApplying("POST", posts, 1700), dropRequest("POST", posts)],
      config: { requestDeadlineMs: 2000 },
    });

    const { errors } = await gateway.send(CREATE, { input: anInput() });
    await vi.waitUntil(() => gateway.emulator.records.length === 1, { timeout: 5000 }); // the first, after all

    expect(errors?.[0]?.extensions?.code).toBe("OUTCOME_UNKNOWN");
  });

  it("reports OUTCOME_UNKNOWN when the retry is rejected locally: create", async () => {
    await using gateway = await startGateway({
      faults: [delayApplying("POST", "/userPfxCertificates", 1900)],
      config: { graphWritesPer20s: 1, requestDeadlineMs: 2000 },
    });

    const { errors } = await gateway.send(CREATE, { input: anInput() });

    expect(errors?.[0]?.extensions?.code).toBe("OUTCOME_UNKNOWN");
  });
});

describe("callers with short deadlines", () => {
  it("do not open the circuit for all callers", async () => {
    const faults = Array.from({ length: 75 }, () => delayAnswer("GET", "/userPfxCertificates", 150));
    await using gateway = await startGateway({ faults });
    const lists = Array.from({ length: 25 }, (_, n) => `l${n}: userPfxCertificates { nodes { id } }`).join(" ");
    await gateway.send(`{ ${lists} }`, {}, { "x-request-timeout-ms": "200" });
    gateway.emulator.faults.clear();

    const { errors } = await gateway.send(LIST, {});

    expect(errors).toBeUndefined();
  });
});
