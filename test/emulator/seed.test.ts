import { describe, expect, it } from "vitest";
import { intendedPurposes, paddingSchemes } from "../../src/emulator/record.ts";
import { seedRecords } from "../../src/emulator/seed.ts";
import { startEmulator } from "../../src/emulator/server.ts";
import { collection, send } from "./graph.ts";

const now = Date.UTC(2026, 7, 1, 12);

describe("seedRecords", () => {
  it("has a dozen users with every purpose and padding scheme, including a guest and an apostrophe", () => {
    const records = seedRecords(undefined, now);
    const names = records.map((record) => record.userPrincipalName);

    expect(new Set(names).size).toBe(12);
    expect(new Set(records.map((record) => record.intendedPurpose))).toEqual(new Set(intendedPurposes));
    expect(new Set(records.map((record) => record.paddingScheme))).toEqual(new Set(paddingSchemes));
    expect(names.some((name) => name.includes("#EXT#"))).toBe(true);
    expect(names.some((name) => name.includes("'"))).toBe(true);
  });

  it("has one certificate expired, one with nine days left, one with seven digits and an offset", () => {
    const records = seedRecords(undefined, now);
    const left = records.map((record) => Date.parse(record.expirationDateTime) - now);

    expect(left.filter((ms) => ms < 0)).toHaveLength(1);
    expect(left.filter((ms) => ms > 0 && ms < 10 * 86_400_000)).toHaveLength(1);
    expect(records.filter((record) => /\.\d{7}-08:00$/.test(record.startDateTime))).toHaveLength(1);
  });

  it("is the same every time", () => {
    expect(seedRecords(undefined, now)).toEqual(seedRecords(undefined, now));
    expect(seedRecords(3)).toEqual(seedRecords(3));
  });

  it("could have been created through the API", async () => {
    await using emulator = await startEmulator();

    for (const { createdDateTime: _created, ...properties } of [...seedRecords(undefined, now), ...seedRecords(2)]) {
      expect((await send(emulator, "POST", collection, { body: properties })).status).toBe(201);
    }
  });
});
