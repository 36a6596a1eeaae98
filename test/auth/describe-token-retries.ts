/** What holds for the token requests to every source of tokens. */
import { describe, expect, it } from "vitest";
import { skippingClock } from "../support/clock.ts";
import type { Fault } from "../support/identity-provider/faults.ts";
import { startAtTokenSource, type TokenSource } from "../support/token-source.ts";

const passing: [string, Fault][] = [
  ["500", { status: 500 }],
  ["502 in HTML", { status: 502, body: "<html>Bad Gateway</html>", headers: { "content-type": "text/html" } }],
  ["503", { status: 503 }],
  ["504 without a body", { status: 504, body: "" }],
  ["408", { status: 408 }],
  ["429", { status: 429 }],
  ["a cut connection", { instead: "cut" }],
  ["200 that is no JSON", { status: 200, body: '{"access_token":' }],
  ["200 without a token", { status: 200, body: {} }],
];

export function describeTokenRetries(source: TokenSource): void {
  describe(`a token request to ${source}`, () => {
    it.each(passing)("is repeated after %s", async (_, fault) => {
      await using here = await startAtTokenSource(source);
      here.fail(fault, 2);

      const { errors } = await here.list();

      expect(errors).toBeUndefined();
      expect(here.asked()).toBe(3);
      expect(here.failures()).toMatchObject([{ attempt: 1, retryInMs: expect.any(Number) }, { attempt: 2 }]);
    });

    it("is sent three times at most, then the answer is UPSTREAM_UNAVAILABLE", async () => {
      await using here = await startAtTokenSource(source);
      here.fail({ status: 503 }, "always");

      const { errors } = await here.list();

      expect(errors?.[0]?.extensions).toEqual({ code: "UPSTREAM_UNAVAILABLE" });
      expect(here.asked()).toBe(3);
    });

    it.each([429, 503])("waits as long as Retry-After says, with %i", async (status) => {
      await using here = await startAtTokenSource(source);
      here.fail({ status, headers: { "retry-after": "7" } });

      const { errors } = await here.list();

      expect(errors).toBeUndefined();
      expect(here.asked()).toBe(2);
      expect(here.gateway.clock.sleeps[0]).toBeGreaterThanOrEqual(7000);
    });

    it("fails at once with retryAfterSeconds if Retry-After comes after the deadline", async () => {
      await using here = await startAtTokenSource(source);
      here.fail({ status: 429, headers: { "retry-after": "60" } });

      const { errors } = await here.list("someone", { "x-request-timeout-ms": "20000" });

      expect(errors?.[0]?.extensions).toEqual({ code: "UPSTREAM_UNAVAILABLE", retryAfterSeconds: 60 });
      expect(here.gateway.clock.sleeps).toEqual([]);
      expect(here.asked()).toBe(1);
    });

    it("succeeds for each of ten users while the other side cuts connections that were idle", async () => {
      await using here = await startAtTokenSource(source);
      here.provider.faults.cutsReusedConnections = true;
      here.provider.token.settings.lifetimeSeconds = 0; // each request needs a new token

      for (let user = 0; user < 10; user++) expect((await here.list(`user ${user}`)).errors).toBeUndefined();
    });

    it("is repeated at once after a cut connection, but with a pause after the second", async () => {
      await using here = await startAtTokenSource(source, { clock: skippingClock(() => 0.5) });
      here.fail({ instead: "cut" }, 2);

      expect((await here.list()).errors).toBeUndefined();

      expect(here.failures()).toMatchObject([
        { attempt: 1, retryInMs: 0 },
        { attempt: 2, retryInMs: 200 },
      ]);
      expect(here.gateway.clock.sleeps).toEqual([200]);
    });
  });
}
