import { UserPfxCertificatesDocument as LIST } from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { defaultChallengeClaims } from "../support/identity-provider.ts";
import { startAtTokenSource } from "../support/token-source.ts";

const claims = null;
const conditionalAccess = /Conditional Access policy blocks .* administrator/;
const account = /does not let this account in.* administrator/;
const consent = /^Consent to call Microsoft Graph/;
const signIn = /sign in again/;
const gateway = /gateway's identity is misconfigured/;

/** Microsoft's number, the error that comes with it, and what the caller gets. */
const refusals: [number, string, string, RegExp, suberror?: string][] = [
  [53003, "interaction_required", "FORBIDDEN", conditionalAccess, "message_only"],
  [53000, "interaction_required", "FORBIDDEN", conditionalAccess],
  [53001, "interaction_required", "FORBIDDEN", conditionalAccess],
  [53002, "interaction_required", "FORBIDDEN", conditionalAccess],
  [53009, "interaction_required", "FORBIDDEN", conditionalAccess],
  [53011, "invalid_grant", "FORBIDDEN", conditionalAccess],
  [530004, "interaction_required", "FORBIDDEN", conditionalAccess],
  [530032, "invalid_grant", "FORBIDDEN", conditionalAccess],
  [530035, "invalid_grant", "FORBIDDEN", conditionalAccess],
  [50005, "invalid_grant", "FORBIDDEN", conditionalAccess],
  [50131, "invalid_grant", "FORBIDDEN", conditionalAccess],
  [50105, "invalid_grant", "FORBIDDEN", /not assigned to the gateway's application/],
  [50020, "invalid_grant", "FORBIDDEN", account],
  [50034, "invalid_grant", "FORBIDDEN", account],
  [50053, "invalid_grant", "FORBIDDEN", account],
  [50057, "invalid_grant", "FORBIDDEN", account],
  [500213, "invalid_grant", "FORBIDDEN", account],
  [90072, "invalid_grant", "FORBIDDEN", account],
  [65001, "invalid_grant", "FORBIDDEN", consent, "consent_required"],
  [65001, "invalid_grant", "FORBIDDEN", consent],
  [90094, "invalid_grant", "FORBIDDEN", consent],
  [1, "invalid_grant", "FORBIDDEN", consent, "consent_required"],
  [1, "invalid_grant", "FORBIDDEN", /a new sign-in does not change that/, "message_only"],
  [7000114, "invalid_grant", "FORBIDDEN", /needs a user's token/],
  [50076, "interaction_required", "UNAUTHENTICATED", signIn],
  [50079, "interaction_required", "UNAUTHENTICATED", signIn],
  [50158, "interaction_required", "UNAUTHENTICATED", signIn],
  [50173, "invalid_grant", "UNAUTHENTICATED", signIn],
  [70043, "invalid_grant", "UNAUTHENTICATED", signIn],
  [500133, "invalid_grant", "UNAUTHENTICATED", signIn],
  [50013, "invalid_grant", "UNAUTHENTICATED", signIn],
  [1, "login_required", "UNAUTHENTICATED", signIn],
  [500011, "invalid_resource", "UPSTREAM_MISCONFIGURED", gateway],
  [500131, "invalid_grant", "UPSTREAM_MISCONFIGURED", gateway],
  [700016, "unauthorized_client", "UPSTREAM_MISCONFIGURED", gateway],
  [7000112, "invalid_grant", "UPSTREAM_MISCONFIGURED", gateway],
  [7000215, "invalid_client", "UPSTREAM_MISCONFIGURED", gateway],
  [7000222, "invalid_client", "UPSTREAM_MISCONFIGURED", gateway],
  [700024, "invalid_client", "UPSTREAM_MISCONFIGURED", gateway],
  [700213, "invalid_request", "UPSTREAM_MISCONFIGURED", gateway],
  [90002, "invalid_request", "UPSTREAM_MISCONFIGURED", gateway],
  [1, "invalid_scope", "UPSTREAM_MISCONFIGURED", gateway],
  [50196, "invalid_grant", "UPSTREAM_UNAVAILABLE", /retry later/],
  [90036, "invalid_grant", "UPSTREAM_UNAVAILABLE", /retry later/],
];

describe("a refusal of Entra in obo mode", () => {
  it.each(refusals)("AADSTS%i with %s is answered with %s, and only the log has the number", async (...expected) => {
    const [code, error, answered, message, suberror = ""] = expected;
    await using here = await startAtTokenSource("Entra (obo)");
    here.provider.token.challenges.push({ code, error, suberror, claims });

    const { errors, text, status } = await here.list();

    expect(errors?.map(({ extensions }) => extensions?.code)).toEqual([answered]);
    expect(errors?.[0]?.message).toMatch(message);
    expect(status).toBe({ FORBIDDEN: 403, UNAUTHENTICATED: 401 }[answered] ?? 200);
    expect(text).not.toMatch(/AADSTS|trace/i);
    expect(here.failures()).toMatchObject([
      { aadsts: [code], error, source: "entra", mode: "obo", status: 400, traceId: expect.any(String) },
    ]);
    expect(here.asked()).toBe(1);
  });

  it.each([53003, 53000, 50076, 50105])("with claims is a CLAIMS_CHALLENGE whatever its number: %i", async (code) => {
    await using here = await startAtTokenSource("Entra (obo)");
    here.provider.token.challenges.push({ code });

    const { errors } = await here.list();

    expect(errors?.[0]?.extensions).toEqual({
      code: "CLAIMS_CHALLENGE",
      claims: Buffer.from(defaultChallengeClaims).toString("base64"),
    });
    expect(here.failures()).toMatchObject([{ aadsts: [code] }]);
  });

  it("of a client loop says when to try again", async () => {
    await using here = await startAtTokenSource("Entra (obo)");
    here.provider.token.challenges.push({ code: 50196, error: "invalid_grant", claims });

    expect((await here.list()).errors?.[0]?.extensions).toEqual({
      code: "UPSTREAM_UNAVAILABLE",
      retryAfterSeconds: 60,
    });
  });
});

describe("a refusal of Entra in app mode", () => {
  it.each([
    [53003, "interaction_required"],
    [65001, "invalid_grant"],
    [50076, "interaction_required"],
    [7000222, "invalid_client"],
    [1, "invalid_grant"],
    [1, "access_denied"],
  ])("AADSTS%i with %s is the operator's to mend", async (code, error) => {
    await using here = await startAtTokenSource("Entra (app)");
    here.provider.token.challenges.push({ code, error });

    const { errors } = await here.list();

    expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code: "UPSTREAM_MISCONFIGURED" }]);
    expect(here.failures()).toMatchObject([{ aadsts: [code], mode: "app" }]);
  });
});

describe("the log of refused tokens", () => {
  it("has no text of the identity provider's, and no secret", async () => {
    await using here = await startAtTokenSource("Entra (obo)");
    const body = {
      error: "canary text with spaces",
      suberror: "Canary",
      error_description: "AADSTS50034: The user canary@contoso.example is unknown. Trace ID: canary",
      error_codes: [50034, "canary", -1, 1e20],
      trace_id: "canary",
      correlation_id: "canary",
      claims: "canary",
    };
    here.fail({ status: 400, body });

    const { text } = await here.list();

    expect(here.failures()).toMatchObject([{ status: 400, aadsts: [50034] }]);
    expect(JSON.stringify(here.gateway.log)).not.toMatch(/canary/i);
    expect(JSON.stringify(here.gateway.log)).not.toContain(here.provider.clientSecret);
    expect(text).not.toContain("canary");
  });

  it("has a line for each refused token, not for each caller who waits for it", async () => {
    await using here = await startAtTokenSource("Entra (app)");
    here.provider.token.challenges.push({ code: 7000222, error: "invalid_client", claims });
    const headers = { authorization: `Bearer ${await here.provider.callers.issue()}` };
    await here.gateway.send("{ __typename }", {}, headers);

    const answers = await Promise.all([1, 2, 3].map(() => here.gateway.send(LIST, {}, headers)));

    const failed = answers.filter(({ errors }) => errors !== undefined).length;
    expect(failed).toBeGreaterThan(0);
    expect(here.failures()).toHaveLength(1);
  });
});
