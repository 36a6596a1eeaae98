/** On its own, for waits of half a minute that nothing may skip: timers are vitest's. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WriteQuota, withWriteQuota } from "../../../../src/datasources/graph/pipeline/write-quota.ts";
import type { GraphRequest, GraphResponse } from "../../../../src/datasources/graph/protocol/request.ts";
import { resource } from "../../../../src/datasources/user-pfx-certificates/path.ts";
import { untraced } from "../../../../src/observability/span.ts";
import type { Clock } from "../../../../src/request/clock.ts";
import { Deadline } from "../../../../src/request/deadline.ts";
import { RequestClosed } from "../../../../src/request/request-closed.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const clock: Clock = {
  now: () => Date.now(),
  random: () => 0.5,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      setTimeout(resolve, ms);
      signal?.addEventListener("abort", () => resolve());
    }),
};
const created: GraphResponse = { status: 201, headers: {}, body: {}, clientRequestId: "" };

function aCreate(deadlineMs: number): GraphRequest {
  return {
    resource,
    operation: "create",
    method: "POST",
    path: "/deviceManagement/userPfxCertificates",
    caller: {
      token: async () => "any",
      authorize() {},
      audit() {},
      span: untraced(undefined),
      tokenOwner: "caller",
      deadline: new Deadline(deadlineMs, clock),
      closed: new RequestClosed(),
    },
  };
}

describe("a promised turn of the write quota", () => {
  it("fails with THROTTLED at the deadline if earlier writes left late, and passes to the next write", async () => {
    const leaving: (() => void)[] = [];
    const send = withWriteQuota(new WriteQuota(1, clock), clock.now, (request) => {
      return new Promise((resolve) => {
        leaving.push(() => {
          request.onSend?.();
          resolve(created);
        });
      });
    });
    void send(aCreate(25_000)); // has a place, and no connection
    const second = send(aCreate(25_000)).catch((error: unknown) => error);
    const third = send(aCreate(60_000));
    await vi.advanceTimersByTimeAsync(9000);
    leaving[0]?.(); // a window from now there is a place again, not 20.5 s after the first one was taken

    await vi.advanceTimersByTimeAsync(16_000);

    const settled = await Promise.race([second, Promise.resolve("waits")]);
    expect(settled).toMatchObject({ code: "THROTTLED", retryAfterSeconds: 20.5 });
    await vi.advanceTimersByTimeAsync(5000);
    expect(leaving).toHaveLength(2);
    leaving[1]?.();
    expect(await third).toBe(created);
  });
});
