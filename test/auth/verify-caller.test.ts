import { constants, KeyObject, sign } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { createFetchJson } from "../../src/auth/fetch-json.ts";
import { createCallerVerifier, type VerifiedCaller, type VerifierOptions } from "../../src/auth/verify-caller.ts";
import { GatewayError } from "../../src/errors.ts";
import {
  type Claims,
  callerObjectId,
  callingAppId,
  defaultClientId,
  startIdentityProvider,
} from "../support/identity-provider.ts";

const startMs = Date.parse("2026-03-01T12:00:00Z");
const startSeconds = startMs / 1000;
const otherTenant = "7e4a4700-0000-4000-8000-00000000000f";
const audience = "https://pfx.contoso.example";

let nowMs = startMs;
const provider = await startIdentityProvider({ nowMs: () => nowMs });
const { callers, tenantId, clientId } = provider;

afterAll(() => provider[Symbol.asyncDispose]());
beforeEach(() => {
  nowMs = startMs;
  provider.reset();
});

function verifierOf(given: Partial<VerifierOptions> = {}): (token: string) => Promise<VerifiedCaller> {
  return createCallerVerifier({
    authorityUrl: new URL(provider.authority),
    clientId,
    audience: undefined,
    allowedTenants: [tenantId],
    nowMs: () => nowMs,
    fetchJson: createFetchJson(undefined),
    log: { keysNotFetched() {} },
    ...given,
  });
}

async function refusalOf(token: string, given: Partial<VerifierOptions> = {}): Promise<GatewayError> {
  const outcome: unknown = await verifierOf(given)(token).catch((error: unknown) => error);
  if (outcome instanceof GatewayError) return outcome;
  throw new Error("was not refused", { cause: outcome });
}

const base64url = (text: string | Buffer): string => Buffer.from(text).toString("base64url");

/** A token of any texts, signed by the provider's key all the same. */
function signedTexts(header: string, payload: string, padding = constants.RSA_PKCS1_PADDING): string {
  const key = KeyObject.from(provider.keys.current.privateKey);
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${base64url(sign("sha256", Buffer.from(input), { key, padding, saltLength: 32 }))}`;
}

const headerText = (more: object = {}): string =>
  JSON.stringify({ alg: "RS256", typ: "JWT", kid: provider.keys.current.kid, ...more });

/** The token's first part in place of its own. */
const withHeader = (token: string, header: string): string =>
  `${base64url(header)}.${token.split(".", 3).slice(1).join(".")}`;

describe("an accepted caller", () => {
  it("is a user with a token of version 2.0", async () => {
    const token = await callers.issue();

    expect(await verifierOf()(token)).toEqual({
      tenantId,
      objectId: callerObjectId,
      clientId: callingAppId,
      kind: "delegated",
      permissions: new Set(["Pfx.Read", "Pfx.ReadWrite"]),
      token,
      expiresAtMs: startMs + 3_600_000,
    });
  });

  it("is a user with a token of version 1.0", async () => {
    expect(await verifierOf()(await callers.issueV1())).toMatchObject({ kind: "delegated", clientId: callingAppId });
  });

  it.each(["2.0", "1.0"])("is an application with a token of version %s", async (version) => {
    const token = await (version === "2.0" ? callers.issueApp() : callers.issueAppV1());

    expect(await verifierOf()(token)).toMatchObject({
      kind: "application",
      clientId: callingAppId,
      permissions: new Set(["Pfx.Read.All", "Pfx.ReadWrite.All"]),
    });
  });

  it("is an application whose token lacks idtyp but has an application id and roles", async () => {
    const token = await callers.issueApp({ idtyp: undefined });

    expect(await verifierOf()(token)).toMatchObject({ kind: "application" });
  });

  it("is an application without a role, which has no permission", async () => {
    const token = await callers.issueApp({ roles: undefined });

    expect(await verifierOf()(token)).toMatchObject({ kind: "application", permissions: new Set() });
  });

  it("is a user even if the token has roles", async () => {
    const token = await callers.issue({ scp: "Pfx.Read", roles: ["Pfx.ReadWrite.All"] });

    expect(await verifierOf()(token)).toMatchObject({ kind: "delegated", permissions: new Set(["Pfx.Read"]) });
  });

  it("is a user with an empty scope, who has no permission", async () => {
    const token = await callers.issue({ scp: "", roles: ["Pfx.ReadWrite.All"] });

    expect(await verifierOf()(token)).toMatchObject({ kind: "delegated", permissions: new Set() });
  });

  it("has the scope's whole words, not parts of them", async () => {
    const { permissions } = await verifierOf()(await callers.issue({ scp: "Pfx.ReadWrite.Own  xPfx.Read" }));

    expect([...permissions]).toEqual(["Pfx.ReadWrite.Own", "xPfx.Read"]);
  });

  const audiences: [string, string, string | undefined, () => Promise<string>][] = [
    ["the client id, 2.0", "", undefined, () => callers.issue({ aud: defaultClientId })],
    ["the client id, 1.0", "", undefined, () => callers.issueV1({ aud: defaultClientId })],
    ["the client id's URI, 1.0", "", undefined, () => callers.issueV1({ aud: `api://${defaultClientId}` })],
    ["AUTH_AUDIENCE, 2.0", "with AUTH_AUDIENCE", audience, () => callers.issue({ aud: audience })],
    ["AUTH_AUDIENCE, 1.0", "with AUTH_AUDIENCE", audience, () => callers.issueV1({ aud: audience })],
    ["the client id", "with AUTH_AUDIENCE too", audience, () => callers.issue()],
  ];
  it.each(audiences)("has a token for %s %s", async (_, __, configured, issue) => {
    expect(await verifierOf({ audience: configured })(await issue())).toMatchObject({ tenantId });
  });

  it("belongs to any allowed tenant, whose keys are fetched separately", async () => {
    const verify = verifierOf({ allowedTenants: [tenantId, otherTenant.toUpperCase()] });

    expect(await verify(await callers.issue())).toMatchObject({ tenantId });
    expect(await verify(await callers.issue({ tid: otherTenant }))).toMatchObject({ tenantId: otherTenant });
    expect(provider.requests.map(({ path }) => path)).toEqual([
      `/${tenantId}/discovery/v2.0/keys`,
      `/${otherTenant}/discovery/v2.0/keys`,
    ]);
  });

  const skews: [string, Claims][] = [
    ["expired 59 s ago", { exp: startSeconds - 59 }],
    ["becomes valid in 60 s", { nbf: startSeconds + 60 }],
    ["has no nbf", { nbf: undefined }],
  ];
  it.each(skews)("has a token that %s", async (_, claims) => {
    expect(await verifierOf()(await callers.issue(claims))).toMatchObject({ tenantId });
  });

  const headers: [string, object][] = [
    ["at+jwt as its type", { typ: "at+jwt" }],
    ["no type", { typ: undefined }],
    ["a jku that leads elsewhere", { jku: provider.trapUrl }],
    ["an x5u that leads elsewhere", { x5u: provider.trapUrl }],
    ["an x5t", { x5t: "abc" }],
  ];
  it.each(headers)("has a token with %s in its header", async (_, header) => {
    expect(await verifierOf()(await callers.issue({}, { ...header }))).toMatchObject({ tenantId });
    expect(provider.requests.map(({ endpoint }) => endpoint)).toEqual(["jwks"]);
  });
});

describe("a token that is rejected before any fetch", () => {
  const refusals: [string, () => string | Promise<string>][] = [
    ["is empty", () => ""],
    ["is opaque", () => "caller-token"],
    ["has two parts", async () => (await callers.issue()).split(".").slice(0, 2).join(".")],
    ["has five parts, as an encrypted one", async () => `${await callers.issue()}.a.b`],
    ["is longer than 16 KB", () => callers.issue({ groups: "g".repeat(16_384) })],
    ["is a megabyte long", () => "a".repeat(1_048_576)],
    ["ends in white space", async () => `${await callers.issue()}\n`],
    ["is padded", async () => `${await callers.issue()}==`],
    ["has a header that is no JSON", () => signedTexts("{alg:RS256}", "{}")],
    ["has a payload that is no JSON", () => signedTexts(headerText(), "tid")],
    ["has a payload that is a list", () => signedTexts(headerText(), "[]")],
    ["has a payload that is null", () => signedTexts(headerText(), "null")],
    ["is not signed (alg none)", () => callers.forgeUnsigned()],
    [
      "is not signed (alg NONE, with a key id)",
      async () => withHeader(await callers.issue(), headerText({ alg: "NONE" })),
    ],
    ["is signed with the public key as a secret (HS256)", () => callers.forgeWithPublicKeyAsSecret()],
    [
      "is signed with PS256",
      () =>
        signedTexts(headerText({ alg: "PS256" }), JSON.stringify(callers.claims()), constants.RSA_PKCS1_PSS_PADDING),
    ],
    ["says RS384", async () => withHeader(await callers.issue(), headerText({ alg: "RS384" }))],
    ["says ES256", async () => withHeader(await callers.issue(), headerText({ alg: "ES256" }))],
    ["names no algorithm", () => signedTexts(headerText({ alg: undefined }), JSON.stringify(callers.claims()))],
    ["names a list of algorithms", () => signedTexts(headerText({ alg: ["RS256"] }), JSON.stringify(callers.claims()))],
    ["names no key", () => callers.issue({}, { kid: undefined })],
    ["names an empty key", () => callers.issue({}, { kid: "" })],
    ["names a number as its key", () => callers.issue({}, { kid: 1 })],
    [
      "brings a critical extension",
      () => signedTexts(headerText({ crit: ["exp"], exp: 1 }), JSON.stringify(callers.claims())),
    ],
    ["is unencoded (b64 false)", () => signedTexts(headerText({ b64: false }), JSON.stringify(callers.claims()))],
    ["is of another type", () => callers.issue({}, { typ: "logout+jwt" })],
    ["has no tid", () => callers.issue({ tid: undefined })],
    ["is of a tenant that is not allowed", () => callers.issue({ tid: otherTenant })],
    ["is of no tenant but `common`", () => callers.issue({ tid: "common" })],
    ["has a path as its tid", () => callers.issue({ tid: `${tenantId}/../trap` })],
    ["has a URL as its tid", () => callers.issue({ tid: `${provider.trapUrl}?` })],
    ["has its tid in capitals", () => callers.issue({ tid: tenantId.toUpperCase() })],
    ["has its tid in a list", () => callers.issue({ tid: [tenantId] })],
    ["has `__proto__` as its tid", () => callers.issue({ tid: "__proto__" })],
    ["has no version", () => callers.issue({ ver: undefined })],
    ["has a version yet unknown", () => callers.issue({ ver: "3.0" })],
    ["has a number as its version", () => callers.issue({ ver: 2 })],
  ];
  it.each(refusals)("%s", async (_, forge) => {
    const { code, message, cause } = await refusalOf(await forge());

    expect(code).toBe("UNAUTHENTICATED");
    expect(message).toMatch(/^The (bearer token is not|access token was not|access token's signature)/);
    expect(cause).toBeUndefined();
    expect(provider.requests).toEqual([]);
  });
});

describe("a token that is rejected by the tenant's own keys", () => {
  const refusals: [string, () => string | Promise<string>, string][] = [
    ["signed by another key under a known id", () => callers.forgeWithOtherKey(), "signature"],
    ["under an unknown key id", () => callers.issue({}, { kid: "unknown" }), "signature"],
    ["with its own key in `jwk`", () => callers.forgeWithOwnKey("jwk"), "signature"],
    ["with its own key in `jwk`, by its own id", () => callers.forgeWithOwnKey("jwk", "", "own"), "signature"],
    ["with its own key at `jku`", () => callers.forgeWithOwnKey("jku", provider.trapUrl), "signature"],
    [
      "with its own key at `jku`, by its own id",
      () => callers.forgeWithOwnKey("jku", provider.trapUrl, "own"),
      "signature",
    ],
    ["with its own key at `x5u`", () => callers.forgeWithOwnKey("x5u", provider.trapUrl), "signature"],
    ["with a URL as its key id", () => callers.issue({}, { kid: provider.trapUrl }), "signature"],
    ["with an empty signature", async () => (await callers.issue()).replace(/[^.]+$/, ""), "signature"],
    [
      "with another token's signature",
      async () => `${(await callers.issue()).replace(/[^.]+$/, "")}${(await callers.issue()).split(".")[2]}`,
      "signature",
    ],
    [
      "with the claims of another",
      async () => {
        const [head, , tail] = (await callers.issue()).split(".");
        return `${head}.${base64url(JSON.stringify(callers.claims({ oid: "another" })))}.${tail}`;
      },
      "signature",
    ],
    ["without exp", () => callers.issue({ exp: undefined }), "not an access token"],
    ["with a text as exp", () => callers.issue({ exp: "2999-01-01" }), "not an access token"],
    ["expired 60 s ago", () => callers.issue({ exp: startSeconds - 60 }), "expired"],
    ["expired for an hour", () => callers.issue({ exp: startSeconds - 3600 }), "expired"],
    ["valid in 61 s", () => callers.issue({ nbf: startSeconds + 61 }), "not valid yet"],
    ["with a text as nbf", () => callers.issue({ nbf: "now" }), "not valid yet"],
    ["for another API", () => callers.issue({ aud: "00000003-0000-0000-c000-000000000000" }), "not issued for this"],
    ["for no API", () => callers.issue({ aud: undefined }), "not issued for this"],
    ["for a list of APIs, ours among them", () => callers.issue({ aud: [clientId, "other"] }), "not issued for this"],
    ["for a list of ours only", () => callers.issue({ aud: [clientId] }), "not issued for this"],
    ["for our client id and more", () => callers.issue({ aud: `${clientId}/x` }), "not issued for this"],
    ["for our client id in capitals", () => callers.issue({ aud: clientId.toUpperCase() }), "not issued for this"],
    [
      "for the client id's URI in version 2.0",
      () => callers.issue({ aud: `api://${clientId}` }),
      "not issued for this",
    ],
    ["for an AUTH_AUDIENCE that isn't set", () => callers.issue({ aud: audience }), "not issued for this"],
    ["by nobody", () => callers.issue({ iss: undefined }), "not issued for this"],
    [
      "by another tenant than `tid`",
      () => callers.issue({ iss: `${provider.authority}/${otherTenant}/v2.0` }),
      "not issued for this",
    ],
    [
      "by another authority",
      () => callers.issue({ iss: `https://evil.example/${tenantId}/v2.0` }),
      "not issued for this",
    ],
    [
      "by an issuer that begins right",
      () => callers.issue({ iss: `${provider.authority}/${tenantId}/v2.0/x` }),
      "not issued for this",
    ],
    [
      "by an issuer with a slash too many",
      () => callers.issue({ iss: `${provider.authority}/${tenantId}/v2.0/` }),
      "not issued for this",
    ],
    [
      "by a list of issuers",
      () => callers.issue({ iss: [`${provider.authority}/${tenantId}/v2.0`] }),
      "not issued for this",
    ],
    [
      "of version 2.0 by the issuer of 1.0",
      () => callers.issue({ iss: `https://sts.windows.net/${tenantId}/` }),
      "not issued for this",
    ],
    [
      "of version 1.0 by the issuer of 2.0",
      () => callers.issueV1({ iss: `${provider.authority}/${tenantId}/v2.0` }),
      "not issued for this",
    ],
    [
      "of version 1.0 by China's issuer",
      () => callers.issueV1({ iss: `https://sts.chinacloudapi.cn/${tenantId}/` }),
      "not issued for this",
    ],
    [
      "of version 1.0 without the last slash",
      () => callers.issueV1({ iss: `https://sts.windows.net/${tenantId}` }),
      "not issued for this",
    ],
    ["of nobody (no oid)", () => callers.issue({ oid: undefined }), "not an access token"],
    ["of an oid that is no text", () => callers.issue({ oid: { $ne: null } }), "not an access token"],
    ["that is an ID token", () => callers.issueIdToken(), "not an access token"],
    [
      "that is an ID token with the user's roles",
      () => callers.issueIdToken({ roles: ["Pfx.ReadWrite.All"], nonce: undefined, at_hash: undefined }),
      "not an access token",
    ],
    [
      "that is an ID token with roles and azp",
      () =>
        callers.issueIdToken({ roles: ["Pfx.ReadWrite.All"], azp: callingAppId, nonce: undefined, at_hash: undefined }),
      "not an access token",
    ],
    ["that is an ID token with a scope", () => callers.issueIdToken({ scp: "Pfx.ReadWrite" }), "not an access token"],
    ["with a list as its scope", () => callers.issue({ scp: ["Pfx.ReadWrite"] }), "not an access token"],
    ["with null as its scope, and roles", () => callers.issueApp({ scp: null }), "not an access token"],
    ["of an application that has a scope", () => callers.issue({ idtyp: "app" }), "not an access token"],
    ["of a user without a scope, with roles", () => callers.issueApp({ idtyp: "user" }), "not an access token"],
    ["of a device", () => callers.issueApp({ idtyp: "device" }), "not an access token"],
    ["with neither scope nor roles", () => callers.issue({ scp: undefined }), "not an access token"],
    [
      "with a text as its roles",
      () => callers.issueApp({ idtyp: undefined, roles: "Pfx.ReadWrite.All" }),
      "not an access token",
    ],
    [
      "with roles, of an application without a name",
      () => callers.issueApp({ idtyp: undefined, azp: undefined }),
      "not an access token",
    ],
  ];
  it.each(refusals)("%s", async (_, forge, reason) => {
    const token = await forge();
    const { code, message, cause } = await refusalOf(token);

    expect(code).toBe("UNAUTHENTICATED");
    expect(message).toContain(reason);
    expect(cause).toBeUndefined();
    expect(provider.requests.every(({ path }) => path === `/${tenantId}/discovery/v2.0/keys`)).toBe(true);
    expect(provider.count("trap")).toBe(0);
  });

  it("an audience that only begins with AUTH_AUDIENCE", async () => {
    const { code } = await refusalOf(await callers.issue({ aud: `${audience}/` }), { audience });

    expect(code).toBe("UNAUTHENTICATED");
  });

  it("one changed character anywhere", async () => {
    const verify = verifierOf();
    const tokens = await Promise.all([callers.issue(), callers.issueV1(), callers.issueApp()]);
    const character = fc.constantFrom(
      ..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\u0000é",
    );
    const change = fc.constantFrom("replace", "insert", "delete");

    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...tokens), fc.nat(), character, change, async (token, where, char, how) => {
        const at = where % token.length;
        const changed =
          token.slice(0, at) + (how === "delete" ? "" : char) + token.slice(how === "insert" ? at : at + 1);
        fc.pre(changed !== token);
        await expect(verify(changed)).rejects.toMatchObject({ code: expect.stringMatching("UNAUTHENTICATED") });
      }),
      { numRuns: 2000 },
    );
    expect(provider.count("jwks")).toBeLessThanOrEqual(2);
  });

  it("another spelling of the last character of the signature", async () => {
    const verify = verifierOf();
    const token = await callers.issue();
    const others = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].filter(
      (char) => !token.endsWith(char),
    );

    const outcomes = await Promise.allSettled(others.map((char) => verify(token.slice(0, -1) + char)));

    expect(outcomes.map(({ status }) => status)).toEqual(others.map(() => "rejected"));
  });

  it("one changed byte of a decoded part", async () => {
    const verify = verifierOf();
    const parts = (await callers.issue()).split(".");

    await fc.assert(
      fc.asyncProperty(fc.nat(2), fc.nat(), fc.integer({ min: 1, max: 255 }), async (part, where, mask) => {
        const bytes = Buffer.from(parts[part] ?? "", "base64url");
        const at = where % bytes.length;
        bytes.writeUInt8(bytes.readUInt8(at) ^ mask, at);
        const changed = parts.map((text, index) => (index === part ? base64url(bytes) : text)).join(".");
        await expect(verify(changed)).rejects.toBeInstanceOf(GatewayError);
      }),
      { numRuns: 500 },
    );
    expect(provider.count("trap")).toBe(0);
  });
});

describe("a rejection", () => {
  it("never quotes the token or a claim", async () => {
    const canary = "c4n4ry-5f0e";
    const given: Claims[] = [{ aud: canary }, { iss: canary }, { tid: canary }, { ver: canary }, { scp: [canary] }];
    const tokens = await Promise.all([
      ...given.map((claims) => callers.issue(claims)),
      callers.issue({}, { kid: canary }),
    ]);

    const refusals = await Promise.all([...tokens, canary, `${canary}.a.b`].map((token) => refusalOf(token)));

    for (const { message, stack, cause } of refusals) {
      expect(`${message} ${stack}`).not.toContain(canary);
      expect(cause).toBeUndefined();
    }
  });
});

describe("an allowed tenant", () => {
  it.each(["common", "contoso.example", "", `${tenantId}/x`])("must be a GUID, unlike %j", (tenant) => {
    expect(() => verifierOf({ allowedTenants: [tenant] })).toThrow(TypeError);
  });
});

describe("the issuers of another cloud", () => {
  /** Its keys are asked for at the real host's URL; the provider answers. */
  async function acceptance(authority: string, claims: (tid: string) => Claims): Promise<unknown> {
    const asked: string[] = [];
    const fetchJson = async (url: URL) => {
      asked.push(url.href);
      return { keys: provider.keys.published };
    };
    const given = claims(tenantId);
    const token = await (given.ver === "1.0" ? callers.issueV1(given) : callers.issue(given));
    const outcome = await verifierOf({ authorityUrl: new URL(authority), fetchJson })(token).catch(() => "refused");
    expect(asked).toEqual([`${authority}/${tenantId}/discovery/v2.0/keys`]);
    return outcome === "refused" ? outcome : "accepted";
  }

  const v1 = (origin: string) => (tid: string) => ({ ver: "1.0", iss: `${origin}/${tid}/` });
  const v2 = (origin: string) => (tid: string) => ({ iss: `${origin}/${tid}/v2.0` });
  const china = "https://login.chinacloudapi.cn";
  const cases: [string, string, string, (tid: string) => Claims][] = [
    ["accepted", "https://login.microsoftonline.com", "its 2.0", v2("https://login.microsoftonline.com")],
    ["accepted", "https://login.microsoftonline.com", "its 1.0", v1("https://sts.windows.net")],
    ["accepted", "https://login.microsoftonline.us", "its 2.0", v2("https://login.microsoftonline.us")],
    ["accepted", "https://login.microsoftonline.us", "its 1.0", v1("https://sts.windows.net")],
    ["accepted", china, "its 2.0 by its first name", v2(china)],
    ["accepted", china, "its 2.0 by its second name", v2("https://login.partner.microsoftonline.cn")],
    ["accepted", "https://login.partner.microsoftonline.cn", "its 2.0", v2("https://login.partner.microsoftonline.cn")],
    ["accepted", china, "its 1.0", v1("https://sts.chinacloudapi.cn")],
    ["refused", china, "the public cloud's 1.0", v1("https://sts.windows.net")],
    ["refused", china, "the public cloud's 2.0", v2("https://login.microsoftonline.com")],
    ["refused", "https://login.microsoftonline.us", "the public cloud's 2.0", v2("https://login.microsoftonline.com")],
    ["refused", "https://login.microsoftonline.us", "China's 1.0", v1("https://sts.chinacloudapi.cn")],
  ];
  it.each(cases)("are %s at %s: %s", async (expected, authority, _, claims) => {
    expect(await acceptance(authority, claims)).toBe(expected);
  });
});
