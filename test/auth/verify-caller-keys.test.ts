import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createFetchJson } from "../../src/auth/fetch-json.ts";
import { createCallerVerifier } from "../../src/auth/verify-caller.ts";
import { GatewayError } from "../../src/errors.ts";
import { type IdentityProvider, startIdentityProvider } from "../support/identity-provider.ts";

/** A verifier at a provider, with a clock of both that a test sets. */
async function start() {
  const clock = { nowMs: Date.parse("2026-03-01T12:00:00Z") };
  const provider = await startIdentityProvider({ nowMs: () => clock.nowMs });
  const logged: object[] = [];
  const verify = createCallerVerifier({
    authorityUrl: new URL(provider.authority),
    clientId: provider.clientId,
    audience: undefined,
    allowedTenants: [provider.tenantId],
    nowMs: () => clock.nowMs,
    fetchJson: createFetchJson(undefined),
    log: { keysNotFetched: (record) => logged.push(record) },
  });
  /** `accepted`, or the code of the refusal. */
  const outcomeOf = async (token: string | Promise<string>): Promise<string> => {
    const outcome: unknown = await verify(await token).catch((error: unknown) => error);
    if (outcome instanceof GatewayError) return outcome.code;
    if (outcome instanceof Error) throw outcome;
    return "accepted";
  };
  return { provider, clock, verify, outcomeOf, logged, [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose]() };
}

const underUnknownKeys = (provider: IdentityProvider, count: number) =>
  Promise.all(Array.from({ length: count }, (_, index) => provider.callers.issue({}, { kid: `unknown-${index}` })));

describe("the keys of a tenant", () => {
  it("are fetched once for many concurrent callers", async () => {
    await using gateway = await start();
    const { provider, outcomeOf } = gateway;
    provider.faults.fail("jwks", { status: 200, body: { keys: provider.keys.published }, delayMs: 100 });
    const token = await provider.callers.issue();

    const outcomes = await Promise.all(Array.from({ length: 50 }, () => outcomeOf(token)));

    expect(new Set(outcomes)).toEqual(new Set(["accepted"]));
    expect(provider.count("jwks")).toBe(1);
  });

  it("are fetched again at once if a token names a new key", async () => {
    await using gateway = await start();
    const { provider, outcomeOf } = gateway;
    const before = await provider.callers.issue();
    expect(await outcomeOf(before)).toBe("accepted");

    await provider.keys.rotate();

    expect(await outcomeOf(provider.callers.issue())).toBe("accepted");
    expect(await outcomeOf(before)).toBe("accepted");
    expect(provider.count("jwks")).toBe(2);
  });

  it("are fetched at most twice for a flood of unknown key ids, with a cold or warm cache", async () => {
    await using gateway = await start();
    const { provider, outcomeOf } = gateway;
    const flood = await underUnknownKeys(provider, 300);

    const cold = await Promise.all(flood.map(outcomeOf));
    expect(provider.count("jwks")).toBe(2);
    const warm: string[] = [];
    for (const token of flood) warm.push(await outcomeOf(token));

    expect(new Set([...cold, ...warm])).toEqual(new Set(["UNAUTHENTICATED"]));
    expect(provider.count("jwks")).toBe(2);
    expect(await outcomeOf(provider.callers.issue())).toBe("accepted");
  });

  it("are fetched at most twice in 30 s during a continuous flood, which still notices a rotation", async () => {
    await using gateway = await start();
    const { provider, clock, outcomeOf } = gateway;
    const flood = await underUnknownKeys(provider, 120);

    for (const token of flood) {
      await outcomeOf(token);
      clock.nowMs += 1000;
    }
    expect(provider.count("jwks")).toBeLessThanOrEqual(8);
    await provider.keys.rotate();
    clock.nowMs += 30_000;

    expect(await outcomeOf(provider.callers.issue())).toBe("accepted");
  });

  it("stop working within ten minutes after their withdrawal", async () => {
    await using gateway = await start();
    const { provider, clock, outcomeOf } = gateway;
    const withdrawn = await provider.callers.issue();
    expect(await outcomeOf(withdrawn)).toBe("accepted");

    await provider.keys.rotate("dropped");
    clock.nowMs += 600_000;

    expect(await outcomeOf(withdrawn)).toBe("UNAUTHENTICATED");
    expect(await outcomeOf(provider.callers.issue())).toBe("accepted");
  });

  it("are fetched again even if the clock was set back", async () => {
    await using gateway = await start();
    const { provider, clock, outcomeOf } = gateway;
    expect(await outcomeOf(provider.callers.issue())).toBe("accepted");
    await provider.keys.rotate();
    expect(await outcomeOf(provider.callers.issue())).toBe("accepted");

    clock.nowMs -= 3_600_000;
    await provider.keys.rotate();

    expect(await outcomeOf(provider.callers.issue())).toBe("accepted");
  });

  it("are accepted only if they are RSA signature keys of 2048 bits of this tenant", async () => {
    await using gateway = await start();
    const { provider, clock, outcomeOf } = gateway;
    const { jwk, kid } = provider.keys.current;
    const token = await provider.callers.issue();
    const elsewhere = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0";
    const weak = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "jwk" });
    const good = { ...jwk, kid: "good" };
    const entries: unknown[] = [
      { ...jwk, use: "enc" },
      { ...jwk, alg: "RS512" },
      { ...jwk, key_ops: ["encrypt"] },
      { ...jwk, issuer: elsewhere },
      { ...jwk, kty: "EC" },
      { ...jwk, kty: "oct", k: jwk.n },
      { ...weak, kid, use: "sig" },
      { ...jwk, n: undefined },
      { ...jwk, kid: "another" },
      null,
      "key",
    ];
    const outcomes: string[] = [];
    for (const entry of entries) {
      provider.faults.fail("jwks", { status: 200, body: { keys: [entry, good] } }, 2);
      outcomes.push(await outcomeOf(token));
      provider.faults.heal("jwks");
      clock.nowMs += 600_000; // stale, so that the next one is fetched
    }
    expect(outcomes).toEqual(entries.map(() => "UNAUTHENTICATED"));

    provider.faults.fail("jwks", { status: 200, body: { keys: [{ ...weak, kid, use: "sig" }] } });
    expect(await outcomeOf(provider.callers.issue({}, { kid: "unknown" }))).toBe("UPSTREAM_UNAVAILABLE");
    clock.nowMs += 600_000;

    const own = `https://login.microsoftonline.com/{tenantid}/v2.0`;
    provider.faults.fail("jwks", { status: 200, body: { keys: [{ ...jwk, use: undefined, issuer: own }] } });
    expect(await outcomeOf(provider.callers.issue())).toBe("accepted");
  });
});

describe("an outage of the key endpoint", () => {
  it("keeps known keys working for hours, and answers UPSTREAM_UNAVAILABLE for unknown ones", async () => {
    await using gateway = await start();
    const { provider, clock, outcomeOf, verify } = gateway;
    expect(await outcomeOf(provider.callers.issue())).toBe("accepted");
    provider.faults.fail("jwks", { status: 503 }, "always");

    for (let hour = 0; hour < 48; hour++) {
      clock.nowMs += 3_600_000;
      expect(await outcomeOf(provider.callers.issue())).toBe("accepted");
    }
    const [unknown = ""] = await underUnknownKeys(provider, 1);
    await expect(verify(unknown)).rejects.toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
      retryAfterSeconds: expect.closeTo(5, 0),
    });

    provider.faults.heal("jwks");
    clock.nowMs += 5000;
    expect(await outcomeOf(unknown)).toBe("UNAUTHENTICATED");
  });

  it("at the start answers UPSTREAM_UNAVAILABLE, and callers succeed five seconds after its end", async () => {
    await using gateway = await start();
    const { provider, clock, outcomeOf } = gateway;
    provider.faults.fail("jwks", { status: 500 }, "always");
    const token = await provider.callers.issue();

    expect(await outcomeOf(token)).toBe("UPSTREAM_UNAVAILABLE");
    provider.faults.heal("jwks");
    clock.nowMs += 5000;

    expect(await outcomeOf(token)).toBe("accepted");
  });

  it("is not made worse by a flood of unknown ids", async () => {
    await using gateway = await start();
    const { provider, outcomeOf } = gateway;
    provider.faults.fail("jwks", { instead: "cut" }, "always");
    const flood = await underUnknownKeys(provider, 200);

    const outcomes = await Promise.all(flood.map(outcomeOf));
    for (const token of flood) outcomes.push(await outcomeOf(token));

    expect(new Set(outcomes)).toEqual(new Set(["UPSTREAM_UNAVAILABLE"]));
    expect(provider.count("jwks")).toBeLessThanOrEqual(2);
  });

  const accidents: [string, Parameters<IdentityProvider["faults"]["fail"]>[1], object][] = [
    ["a 404", { status: 404 }, { status: 404 }],
    ["a redirect", { status: 302, headers: { location: "/trap/keys" } }, { status: 302 }],
    ["HTML", { status: 200, body: "<html></html>" }, { cause: "NO_JSON" }],
    ["null", { status: 200, body: "null" }, { cause: "NO_USABLE_KEY" }],
    ["no key", { status: 200, body: { keys: [] } }, { cause: "NO_USABLE_KEY" }],
    ["an object of keys", { status: 200, body: { keys: { a: 1 } } }, { cause: "NO_USABLE_KEY" }],
    ["a cut connection", { instead: "cut" }, { cause: "UND_ERR_SOCKET" }],
    ["300 KB", { status: 200, instead: { floodBytes: 300 * 1024 } }, { cause: "UND_ERR_RES_EXCEEDED_MAX_SIZE" }],
    ["64 MB", { status: 200, instead: { floodBytes: 64 * 1024 * 1024 } }, { cause: expect.any(String) }],
  ];
  it.each(accidents)(
    "of the kind %s keeps known keys, makes others unavailable, and is logged",
    async (_, fault, line) => {
      await using gateway = await start();
      const { provider, clock, outcomeOf, logged } = gateway;
      expect(await outcomeOf(provider.callers.issue())).toBe("accepted");
      // The right keys, so that only what is wrong with the answer can be the reason.
      provider.faults.fail("jwks", { body: { keys: provider.keys.published }, ...fault }, "always");
      clock.nowMs += 600_000;

      expect(await outcomeOf(provider.callers.issue())).toBe("accepted");
      expect(await outcomeOf(provider.callers.issue({}, { kid: "unknown" }))).toBe("UPSTREAM_UNAVAILABLE");
      expect(provider.count("trap")).toBe(0);
      expect(logged[0]).toMatchObject({ tenantId: provider.tenantId, ...line });
    },
  );

  it.each(["hang", "stall"] as const)(
    "that is a %s ends each fetch after five seconds, and known keys wait only once",
    async (instead) => {
      await using gateway = await start();
      const { provider, clock, outcomeOf } = gateway;
      expect(await outcomeOf(provider.callers.issue())).toBe("accepted");
      provider.faults.fail("jwks", { status: 200, instead }, "always");
      clock.nowMs += 600_000;

      const startedMs = performance.now();
      const outcomes = await Promise.all([
        outcomeOf(provider.callers.issue()),
        outcomeOf(provider.callers.issue({}, { kid: "unknown" })),
      ]);
      expect(outcomes).toEqual(["accepted", "UPSTREAM_UNAVAILABLE"]);
      expect(performance.now() - startedMs).toBeLessThan(6500);

      clock.nowMs += 5000;
      const againMs = performance.now();
      expect(await outcomeOf(provider.callers.issue())).toBe("accepted");
      expect(performance.now() - againMs).toBeLessThan(500);
    },
  );
});

describe("fetching over https", () => {
  it("trusts no untrusted certificate", async () => {
    await using provider = await startIdentityProvider();

    const fetched = createFetchJson(undefined)(
      new URL(`${provider.secureUrl}/${provider.tenantId}/discovery/v2.0/keys`),
    );

    await expect(fetched).rejects.toThrow(/self.signed|verify/i);
    expect(provider.requests).toEqual([]);
  });
});
