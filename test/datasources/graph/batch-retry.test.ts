/** Items of one batch that Graph throttles wait equally long, and share a batch again. */
import {
  CreateUserPfxCertificatesDocument as CREATE_MANY,
  UserPfxCertificatesDocument as LIST,
} from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { answerStatus, type Fault, throttle } from "../../../src/emulator/faults.ts";
import { skippingClock } from "../../support/clock.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { anInput, thumbprintOf } from "../../support/input.ts";

const posts = "/userPfxCertificates";
const inputs = Array.from({ length: 40 }, (_, index) => anInput({ thumbprint: thumbprintOf(index + 1) }));

/** Requests over the wire: items of a batch are not counted. */
const sent = (gateway: TestGateway) =>
  gateway.emulator.requests.filter(({ method, batched }) => method === "POST" && !batched).map(({ path }) => path);

async function createForty(faults: Fault[]) {
  let drawn = 0;
  const clock = skippingClock(() => (drawn++ * 0.377) % 1); // each draw differs
  const gateway = await startGateway({ clock, writeQuota: false, faults });
  const { data, errors } = await gateway.send(CREATE_MANY, { inputs });
  expect(errors).toBeUndefined();
  expect(data?.createUserPfxCertificates.createdCount).toBe(40);
  return gateway;
}

describe("forty creates that Graph throttles once each", () => {
  it.each([
    ["without a hint", [throttle("POST", posts, 0, "none", { times: 40 })]],
    ["for two seconds", [throttle("POST", posts, 2000, "seconds", { times: 40 })]],
    ["in fractions", [throttle("POST", posts, 2345, "fraction", { times: 40 })]],
    [
      "for different times",
      Array.from({ length: 40 }, (_, index) => throttle("POST", posts, 1000 * (1 + (index % 3)), "seconds")),
    ],
    [
      "with a hint for some",
      Array.from({ length: 40 }, (_, index) => throttle("POST", posts, 2000, index % 2 === 0 ? "seconds" : "none")),
    ],
  ])("take four batches in all: %s", async (_, faults) => {
    await using gateway = await createForty(faults);

    expect(sent(gateway)).toEqual(Array(4).fill("/$batch"));
  });

  it("take four batches in all if the batches themselves are throttled", async () => {
    await using gateway = await createForty([answerStatus("POST", "/$batch", 429, { retryAfter: 1, times: 2 })]);

    expect(sent(gateway)).toEqual(Array(4).fill("/$batch"));
  });

  it("take four batches in all if Graph is busy with the items", async () => {
    await using gateway = await createForty([answerStatus("POST", posts, 423, { times: 40 })]);

    expect(sent(gateway)).toEqual(Array(4).fill("/$batch"));
  });

  it("do not wait for an item whose wait does not fit the deadline", async () => {
    const faults = [
      throttle("POST", posts, 3_600_000, "seconds"),
      throttle("POST", posts, 1000, "seconds", { times: 39 }),
    ];
    await using gateway = await startGateway({ writeQuota: false, faults });

    const { data } = await gateway.send(CREATE_MANY, { inputs });

    expect(data?.createUserPfxCertificates).toMatchObject({ createdCount: 39, failedCount: 1 });
    const [first] = data?.createUserPfxCertificates.results ?? [];
    expect(first).toMatchObject({ code: "THROTTLED", retryAfterSeconds: expect.any(Number) });
    expect((await gateway.send(LIST)).data?.userPfxCertificates.edges).toHaveLength(39);
  });
});
