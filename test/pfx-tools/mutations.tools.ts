import { describe, expect, it } from "vitest";
import { prepareMutatedContents, prepareMutatedFiles } from "../client/mutations.ts";

describe("10,000 files with bytes changed at random", () => {
  it("are prepared, or rejected with a PfxError", async () => {
    const outcomes = await prepareMutatedFiles(5000);
    expect(outcomes.get("WRONG_PASSWORD") ?? 0).toBeGreaterThan(500);
  });

  it("are prepared or rejected behind a valid integrity check, too", async () => {
    const outcomes = await prepareMutatedContents(5000);
    expect(outcomes.get("DAMAGED") ?? 0).toBeGreaterThan(500);
  });
});
