import { describe, expect, it } from "vitest";
import { challengeClaims } from "../../src/emulator/faults.ts";
import { skippingClock } from "../support/clock.ts";
import { startAtTokenSource } from "../support/token-source.ts";
import { describeTokenRetries } from "./describe-token-retries.ts";

describeTokenRetries("IMDS");

describe("a token request to IMDS", () => {
  it.each([404, 410])("is repeated after %i, which IMDS answers while it is updated", async (status) => {
    await using here = await startAtTokenSource("IMDS");
    here.fail({ status, body: "" }, 2);

    expect((await here.list()).errors).toBeUndefined();

    expect(here.asked()).toBe(3);
  });

  it("is not repeated before one second has passed", async () => {
    await using here = await startAtTokenSource("IMDS", { clock: skippingClock(() => 0) });
    here.fail({ status: 500 }, 2);

    expect((await here.list()).errors).toBeUndefined();

    expect(here.gateway.clock.sleeps).toEqual([1000, 1000]);
  });

  it("is sent again for claims while another one is under way", async () => {
    const claims = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}';
    await using here = await startAtTokenSource("IMDS", {
      faults: [challengeClaims("GET", "/userPfxCertificates", claims)],
    });

    const answers = await Promise.all([1, 2, 3].map(() => here.list()));

    expect(answers.filter(({ errors }) => errors !== undefined)).toEqual([]);
    expect(here.asked()).toBe(2);
  });

  it("says when to try again if an update outlasts the deadline", async () => {
    await using here = await startAtTokenSource("IMDS");
    here.fail({ status: 410, body: "" }, "always");

    const { errors } = await here.list();

    expect(errors?.[0]?.extensions).toEqual({ code: "UPSTREAM_UNAVAILABLE", retryAfterSeconds: 10 });
    expect(here.asked()).toBe(3);
  });

  it("is not repeated after 400, as for an unknown identity", async () => {
    await using here = await startAtTokenSource("IMDS");
    here.fail({ status: 400, body: { error: "invalid_request", error_description: "Identity not found" } });

    const { errors } = await here.list();

    expect(errors?.[0]?.extensions).toEqual({ code: "UPSTREAM_MISCONFIGURED" });
    expect(here.asked()).toBe(1);
    expect(here.failures()).toMatchObject([{ source: "managedIdentity", status: 400, error: "invalid_request" }]);
  });
});
