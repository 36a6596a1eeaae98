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
    get: (key: string, refused?: string) =>
      cache.get(key, async () => ({ token: `token ${++acquired}`, expiresAtMs: nowMs + hourMs }), refused),
  };
}

describe("the token cache", () => {
  it("keeps a token until five minutes before its end", async () => {
    const { get, pass } = setUp();
    expect(await get("a")).toBe("token 1");
    pass(hourMs - 300_001);
    expect(await get("a")).toBe("token 1");
    pass(2);
    expect(await get("a")).toBe("token 2");
  });

  it("acquires one token for many who ask at once", async () => {
    const { get } = setUp();
    expect(new Set(await Promise.all(Array.from({ length: 50 }, () => get("a"))))).toEqual(new Set(["token 1"]));
  });

  it("replaces the token that was refused, and no other", async () => {
    const { get } = setUp();
    const refused = await get("a");
    expect(await get("a", refused)).toBe("token 2");
    expect(await get("a", refused)).toBe("token 2");
  });

  it("holds as many as it may, and forgets the one that was not asked for longest", async () => {
    const { cache, get } = setUp(100);
    for (let key = 0; key < 20_000; key++) {
      await get(`caller ${key}`);
      if (key > 0) await get("busy");
    }
    expect(cache.size).toBe(100);
    expect(await get("busy")).toBe("token 3");
  });

  it("keeps nothing of an acquisition that failed", async () => {
    const { cache, get } = setUp();
    await expect(cache.get("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await get("a")).toBe("token 1");
  });
});
