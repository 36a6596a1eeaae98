/** `*` and `?`, against a regular expression. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesWildcard } from "../../../packages/cli/src/files/wildcard.ts";
import { startCpuTimer } from "../../support/cpu-time.ts";

const exact = { ignoreCase: false };

describe("a pattern", () => {
  it("fits what the same regular expression fits", () => {
    const name = fc.stringMatching(/^[ab.]{1,9}$/);
    const pattern = fc.stringMatching(/^[ab.*?]{0,8}$/);
    fc.assert(
      fc.property(name, pattern, (name, pattern) => {
        const source = pattern.replaceAll(".", "\\.").replaceAll("*", ".*").replaceAll("?", ".");
        expect(matchesWildcard(name, pattern, exact)).toBe(new RegExp(`^${source}$`).test(name));
      }),
      { numRuns: 2000 },
    );
  });

  it("takes a character beyond U+FFFF for one, and no letter for a sign", () => {
    expect(matchesWildcard("\u{1f600}.pfx", "?.pfx", exact)).toBe(true);
    expect(matchesWildcard("axpfx", "a.pfx", exact)).toBe(false);
    expect(matchesWildcard("[a].pfx", "[a].pfx", exact)).toBe(true);
  });

  it("does not take long for many stars", () => {
    const cpuMs = startCpuTimer();

    expect(matchesWildcard("a".repeat(250), `${"*a".repeat(60)}*b`, exact)).toBe(false);
    expect(cpuMs()).toBeLessThan(1000);
  });
});
