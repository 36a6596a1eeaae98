import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Base64 } from "../../src/schema/base64.ts";

/** What decoding and encoding again gives back, to the letter. */
const isExact = (text: string) => Buffer.from(text, "base64").toString("base64") === text;

function isTaken(text: string): boolean {
  try {
    return Base64.parseValue(text) === text;
  } catch {
    return false;
  }
}

describe("Base64", () => {
  it("accepts exactly the texts that decode and encode to themselves", () => {
    const letter = fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom(..."ABCDabcd0189+/") },
      { weight: 3, arbitrary: fc.constant("=") },
      { weight: 1, arbitrary: fc.constantFrom("-", "_", " ", "\t", "é", "\u0141", "😀", "\0") },
    );
    const text = fc.array(letter, { maxLength: 13 }).map((letters) => letters.join(""));
    let taken = 0;

    fc.assert(
      fc.property(text, (each) => {
        taken += isTaken(each) ? 1 : 0;
        expect(isTaken(each)).toBe(isExact(each));
      }),
      { numRuns: 20_000 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  it("accepts texts of every length", () => {
    for (let bytes = 0; bytes < 300; bytes++) {
      const text = Buffer.alloc(bytes, 0xa7).toString("base64");

      expect(isTaken(text)).toBe(true);
      expect(isTaken(`${text}A`)).toBe(false);
      if (bytes > 3) expect(isTaken(`${text.slice(0, 3)}-${text.slice(4)}`)).toBe(false);
    }
    expect(isTaken(Buffer.alloc(1_000_000, 1).toString("base64"))).toBe(true);
    expect(isTaken(`${"A".repeat(999_999)} `)).toBe(false);
  });
});
