/** The clock of the tests, which skips waits. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { skippingClock } from "./clock.ts";

it("skips a wait once where the wait before it was cut short", async () => {
  const clock = skippingClock();
  const abort = new AbortController();
  const cutShort = clock.sleep(1000, abort.signal);
  abort.abort();
  await cutShort;

  await clock.sleep(1000);
  await sleep(50);

  expect(clock.skippedMs).toBeLessThan(1001);
});
