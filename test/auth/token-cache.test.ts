import { describe, expect, it } from "vitest";
import { TokenCache } from "../../src/auth/token-cache.ts";

const hourMs = 3_600_000;

function setUp(capacity?: number) {
  let nowMs = 0;
  let acquired = 0;
  const cache = new TokenCache(() => nowMs, capacity);
  return {
    cache,
    pass: (ms: number) => {
      nowMs += ms;
    },
    get: (key: string, refused?: string, claims?: string) =>
      cache.get(
        key,
        async () => ({ token: `token ${++acquired}`, expiresAtMs: nowMs + hourMs }),
        refused === undefined ? undefined : { refused, claims },
      ),
    /** Asks while the identity provider does not answer. */
    getInVain: (key: string) => cache.get(key, () => Promise.reject(new Error("no"))),
  };
}

describe("the token cache", () => {
  it("replaces a token five minutes before it expires, and uses it until it is replaced", async () => {
    const { get, pass } = setUp();
    expect(await get("a")).toBe("token 1");
    pass(hourMs - 300_001);
    expect(await get("a")).toBe("token 1");
    pass(2);
    expect(await get("a")).toBe("token 1");
    expect(await get("a")).toBe("token 2");
  });

  it("uses a token until 30 s before it expires while no other can be acquired, and retries every five seconds", async () => {
    const { cache, get, getInVain, pass } = setUp();
    expect(await get("a")).toBe("token 1");
    pass(hourMs - 299_000);
    let asked = 0;
    const fail = () => {
      asked += 1;
      return Promise.reject(new Error("no"));
    };
    for (let second = 0; second < 268; second++) {
      expect(await cache.get("a", fail)).toBe("token 1");
      pass(1000);
    }
    expect(asked).toBe(54);

    pass(2000);
    await expect(getInVain("a")).rejects.toThrow("no");
    expect(await get("a")).toBe("token 2");
  });

  it("acquires a token with the claims that Graph requires, despite pending or cached tokens without them", async () => {
    const { get } = setUp();
    const refused = await get("a");
    const both = await Promise.all([get("a", refused), get("a", refused, "{}")]);

    expect(both).toEqual(["token 2", "token 3"]);
    expect(await get("a", refused, "{}")).toBe("token 3");
    expect(await get("a", "token 3", "{}")).toBe("token 4");
  });

  it("keeps a token with claims when an earlier acquisition without them ends later", async () => {
    const { cache, get, pass } = setUp();
    const refused = await get("a");
    pass(hourMs - 299_000);
    let finish = (_: { token: string; expiresAtMs: number }) => {};
    await cache.get("a", () => new Promise((resolve) => (finish = resolve)));
    const withClaims = await get("a", refused, "{}");

    finish({ token: "without", expiresAtMs: 10 * hourMs });
    await new Promise((resolve) => setImmediate(resolve));

    expect(await get("a")).toBe(withClaims);
  });

  it("acquires one token for many concurrent callers", async () => {
    const { get } = setUp();
    expect(new Set(await Promise.all(Array.from({ length: 50 }, () => get("a"))))).toEqual(new Set(["token 1"]));
  });

  it("replaces only the rejected token", async () => {
    const { get } = setUp();
    const refused = await get("a");
    expect(await get("a", refused)).toBe("token 2");
    expect(await get("a", refused)).toBe("token 2");
  });

  it("holds a limited number of tokens and evicts the least recently used one", async () => {
    const { cache, get } = setUp(100);
    for (let key = 0; key < 20_000; key++) {
      await get(`caller ${key}`);
      if (key > 0) await get("busy");
    }
    expect(cache.size).toBe(100);
    expect(await get("busy")).toBe("token 3");
  });

  it("does not cache a failed acquisition", async () => {
    const { cache, get } = setUp();
    await expect(cache.get("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await get("a")).toBe("token 1");
  });
});
