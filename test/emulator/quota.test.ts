import { describe, expect, it } from "vitest";
import { startEmulator } from "../../src/emulator/server.ts";
import type { WriteQuota } from "../../src/emulator/settings.ts";
import { aCertificate, collection, errorOf, send } from "./graph.ts";

const started = Date.UTC(2026, 0, 1);

function clock() {
  const time = { nowMs: started };
  return { time, now: () => time.nowMs };
}

const quota = (retryAfter: "seconds" | "nested"): WriteQuota => ({
  limit: 2,
  windowMs: 20_000,
  retryAfter,
});

describe("the write quota", () => {
  it("rejects writes beyond it with 429 until the window ends, and never limits reads", async () => {
    const { time, now } = clock();
    await using emulator = await startEmulator({ now, writeQuota: quota("seconds") });
    const create = (number: number) => send(emulator, "POST", collection, { body: aCertificate(number) });
    await create(1);
    time.nowMs += 5_500;
    await create(2);
    time.nowMs += 1_000;

    const refused = await create(3);
    const read = await send(emulator, "GET", collection);

    expect([refused.status, read.status]).toEqual([429, 200]);
    expect(errorOf(refused).code).toBe("TooManyRequests");
    // Two writes stand in the way: the second of the accepted ones, 1 s old, and the refused one itself.
    expect(refused.headers["retry-after"]).toBe("19");
    expect(emulator.records).toHaveLength(2);

    time.nowMs += 19_000;
    expect((await create(3)).status).toBe(201);
  });

  it("counts rejected writes too, so that immediate retries prolong the wait", async () => {
    const { time, now } = clock();
    await using emulator = await startEmulator({ now, writeQuota: quota("seconds") });
    const statuses = [];
    for (let number = 1; number <= 6; number += 1) {
      statuses.push((await send(emulator, "POST", collection, { body: aCertificate(number) })).status);
      time.nowMs += 9_000;
    }

    expect(statuses).toEqual([201, 201, 429, 429, 429, 429]);
  });

  it("counts updates, deletes and failing writes", async () => {
    const { now } = clock();
    await using emulator = await startEmulator({ now, writeQuota: quota("seconds"), seed: [aCertificate()] });

    const statuses = [
      (await send(emulator, "PATCH", `${collection}/${emulator.records[0]?.id}`, { body: {} })).status,
      (await send(emulator, "DELETE", `${collection}/nobody`)).status,
      (await send(emulator, "POST", collection, { body: {} })).status,
    ];

    expect(statuses).toEqual([200, 404, 429]);
  });

  it("may give the wait only inside the nested message", async () => {
    const { now } = clock();
    await using emulator = await startEmulator({ now, writeQuota: { ...quota("nested"), limit: 0 } });

    const refused = await send(emulator, "POST", collection, { body: aCertificate() });

    expect(refused.headers["retry-after"]).toBeUndefined();
    expect(JSON.parse(errorOf(refused).message).RetryAfter).toBe(20);
  });

  it("is 100 writes in 20 s unless set, and can be switched off", async () => {
    const { now } = clock();
    await using limited = await startEmulator({ now });
    await using unlimited = await startEmulator({ now, writeQuota: false });

    for (const [emulator, refusals] of [[limited, 3] as const, [unlimited, 0] as const]) {
      const answers = await Promise.all(
        Array.from({ length: 103 }, (_, index) =>
          send(emulator, "POST", collection, { body: aCertificate(index + 1) }),
        ),
      );
      expect(answers.filter((answer) => answer.status === 429)).toHaveLength(refusals);
    }
  });
});
