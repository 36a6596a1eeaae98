import { UserPfxCertificatesDocument as LIST } from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { skippingClock } from "../support/clock.ts";
import { startAtTokenSource } from "../support/token-source.ts";
import { describeTokenRetries } from "./describe-token-retries.ts";

describeTokenRetries("Entra (app)");
describeTokenRetries("Entra (obo)");

describe("a token request to Entra", () => {
  it("waits for a random time between 0 and a base that doubles", async () => {
    const random = [0.9, 0.25];
    await using here = await startAtTokenSource("Entra (app)", { clock: skippingClock(() => random.shift() ?? 0) });
    here.fail({ status: 503 }, 2);

    expect((await here.list()).errors).toBeUndefined();

    expect(here.gateway.clock.sleeps).toEqual([180, 100]);
  });

  it.each([
    ["invalid_grant", 50173],
    ["invalid_client", 7000215],
    ["invalid_scope", 70011],
    ["interaction_required", 50076],
    ["invalid_grant", 50196],
    ["invalid_grant", 90036],
  ])("is not repeated after %s, AADSTS%i", async (error, code) => {
    await using here = await startAtTokenSource("Entra (obo)");
    here.provider.token.challenges.push({ error, code, claims: null });

    const { errors } = await here.list();

    expect(errors).toHaveLength(1);
    expect(here.asked()).toBe(1);
  });

  it.each([
    ["temporarily_unavailable", 1],
    ["server_error", 1],
    ["invalid_grant", 90033],
    ["invalid_grant", 90024],
    ["invalid_request", 50033],
  ])("is repeated after %s, AADSTS%i, with status 400", async (error, code) => {
    await using here = await startAtTokenSource("Entra (obo)");
    here.provider.token.challenges.push({ error, code, claims: null });

    expect((await here.list()).errors).toBeUndefined();

    expect(here.asked()).toBe(2);
  });

  it.each(["hang", "stall"] as const)(
    "is repeated when an answer does not come: %s",
    async (instead) => {
      await using here = await startAtTokenSource("Entra (app)");
      here.fail({ instead, status: 200 });

      // With a third of this time for the first attempt, a slow machine has the rest.
      expect((await here.list("someone", { "x-request-timeout-ms": "9000" })).errors).toBeUndefined();

      expect(here.asked()).toBe(2);
      expect(here.failures()).toMatchObject([{ reason: "TIMEOUT", attempt: 1 }]);
    },
    30_000,
  );

  it("that is throttled is not sent again for callers who come before the time that was asked for", async () => {
    await using here = await startAtTokenSource("Entra (app)");
    here.fail({ status: 429, headers: { "retry-after": "60" } });
    await here.list();

    const { errors } = await here.list();

    expect(errors?.[0]?.extensions).toMatchObject({ code: "UPSTREAM_UNAVAILABLE" });
    expect(errors?.[0]?.extensions?.retryAfterSeconds).toBeLessThanOrEqual(60);
    expect(here.asked()).toBe(1);
  });

  it("is not held back by the Retry-After of a refusal", async () => {
    await using here = await startAtTokenSource("Entra (app)");
    const body = { error: "invalid_client", error_codes: [7000222] };
    here.fail({ status: 401, headers: { "retry-after": "60" }, body });
    await here.list();

    expect((await here.list()).errors).toBeUndefined();
    expect(here.gateway.clock.sleeps).toEqual([]);
  });

  it("is one for many callers, and each waits no longer than its own deadline allows", async () => {
    await using here = await startAtTokenSource("Entra (app)");
    here.fail({ status: 503, headers: { "retry-after": "10" } });

    const patient = Array.from({ length: 20 }, () => here.list());
    const hasty = Array.from({ length: 20 }, () => here.list("someone", { "x-request-timeout-ms": "8000" }));
    const [waited, gaveUp] = await Promise.all([Promise.all(patient), Promise.all(hasty)]);

    expect(waited.filter(({ errors }) => errors !== undefined)).toEqual([]);
    for (const { errors } of gaveUp) {
      expect(errors?.[0]?.extensions).toEqual({ code: "UPSTREAM_UNAVAILABLE", retryAfterSeconds: expect.any(Number) });
    }
    expect(here.asked()).toBe(2);
  });

  it("is repeated for a part of the users only if Entra fails for very many of them", async () => {
    await using here = await startAtTokenSource("Entra (obo)");
    here.fail({ status: 503 }, "always");

    await Promise.all(Array.from({ length: 200 }, (_, user) => here.list(`user ${user}`)));

    expect(here.asked()).toBeGreaterThan(200);
    expect(here.asked()).toBeLessThanOrEqual(300);
  });

  it("is repeated when nothing listens at its address, and the log names the cause", async () => {
    await using here = await startAtTokenSource("Entra (app)");
    const headers = { authorization: `Bearer ${await here.provider.callers.issue()}` };
    await here.gateway.send("{ __typename }", {}, headers); // fetches the keys
    await here.provider[Symbol.asyncDispose]();

    const { errors, text } = await here.gateway.send(LIST, {}, headers);

    expect(errors?.[0]?.extensions).toEqual({ code: "UPSTREAM_UNAVAILABLE" });
    expect(here.failures()).toMatchObject([1, 2, 3].map((attempt) => ({ attempt, reason: "ECONNREFUSED" })));
    expect(text).not.toContain("ECONNREFUSED");
  });
});
