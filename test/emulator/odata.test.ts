import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type EmulatorOptions, startEmulator } from "../../src/emulator/server.ts";
import { aCertificate, filtered, rowsOf, send } from "./graph.ts";

const seed = [
  { ...aCertificate(1), userPrincipalName: "Anna@contoso.example", thumbprint: "AA".repeat(20) },
  { ...aCertificate(2), userPrincipalName: "miriam.o'brien@contoso.example", intendedPurpose: "wifi" as const },
  {
    ...aCertificate(3),
    userPrincipalName: "pat_x.com#EXT#@contoso.example",
    keyName: null,
    startDateTime: "2026-12-31T23:58:46.7156190-07:00",
  },
];

async function matched(filter: string, options: EmulatorOptions = {}): Promise<unknown> {
  await using emulator = await startEmulator({ seed, honouredFilters: "all", ...options });
  const answer = await send(emulator, "GET", filtered(filter));
  if (answer.status !== 200) return answer.status;
  const all = seed.map((record) => record.userPrincipalName);
  return rowsOf(answer).map((record) => all.indexOf(String(record.userPrincipalName)) + 1);
}

describe("$filter", () => {
  it.each<[filter: string, matches: number[]]>([
    ["userPrincipalName eq 'Anna@contoso.example'", [1]],
    ["userPrincipalName eq 'anna@contoso.example'", []],
    ["tolower(userPrincipalName) eq 'anna@contoso.example'", [1]],
    ["tolower(userPrincipalName) eq 'Anna@contoso.example'", []],
    ["tolower(userPrincipalName) eq tolower('ANNA@contoso.example')", [1]],
    ["userPrincipalName eq 'miriam.o''brien@contoso.example'", [2]],
    ["tolower(userPrincipalName) eq 'pat_x.com#ext#@contoso.example'", [3]],
    [`tolower(userPrincipalName) eq 'anna@contoso.example' and tolower(thumbprint) eq '${"aa".repeat(20)}'`, [1]],
    [`tolower(userPrincipalName) eq 'anna@contoso.example' and tolower(thumbprint) eq '${"bb".repeat(20)}'`, []],
    ["intendedPurpose eq 'wifi'", [2]],
    ["intendedPurpose eq 'WiFi'", [2]],
    ["intendedPurpose eq microsoft.graph.userPfxIntendedPurpose'wifi'", [2]],
    ["intendedPurpose ne 'wifi'", [1, 3]],
    ["keyName eq null", [3]],
    ["keyName ne null", [1, 2]],
    ["startDateTime gt 2027-01-01T06:58:46.7156189Z", [3]],
    ["startDateTime ge 2027-01-01T06:58:46.7156189Z", [1, 2, 3]],
    ["startDateTime lt 2027-01-01T06:58:46.715619Z", [1, 2]],
    ["startDateTime le 2027-01-01T06:58:46.715619Z and keyName eq null", [3]],
    ["(keyName eq null or intendedPurpose eq 'wifi') and not_a eq 1", []],
    ["keyName eq null or intendedPurpose eq 'wifi'", [2, 3]],
    ["userPrincipalName gt 'b'", [2, 3]],
    ["1 eq 1", [1, 2, 3]],
    ["encryptedPfxBlob eq 'ZW5jcnlwdGVkUGZ4QmxvYg=='", []],
  ])("%s", async (filter, matches) => {
    expect(await matched(filter)).toEqual(filter.includes("not_a") ? 400 : matches);
  });

  it.each([
    "userPrincipalName",
    "userPrincipalName eq",
    "userPrincipalName eq 'open",
    "userPrincipalName eq 'o'brien'",
    "userPrincipalName eq 'a' and",
    "userPrincipalName eq 'a')",
    "(userPrincipalName eq 'a'",
    "userPrincipalName is 'a'",
    "colour eq 'red'",
    "toupper(userPrincipalName) eq 'A'",
    "contains(userPrincipalName,'a')",
    "startDateTime eq 'today'",
    "startDateTime gt 2026-13-01T00:00:00Z",
    "intendedPurpose eq 'smime'",
    "intendedPurpose gt 'wifi'",
    "userPrincipalName eq 5",
    "tolower(startDateTime) eq 'a'",
    "userPrincipalName eq 'a' & 'b'",
    "",
  ])("answers 400 to: %s", async (filter) => {
    expect(await matched(filter)).toBe(400);
  });

  it("answers 400 to endless brackets without overflowing the stack", async () => {
    expect(await matched(`${"(".repeat(5_000)}1 eq 1${")".repeat(5_000)}`)).toBe(400);
  });

  it("answers 200 or 400 to any text, never an internal error", async () => {
    const words = [
      "userPrincipalName",
      "eq",
      "'a'",
      "''",
      "(",
      ")",
      "and",
      "or",
      "tolower(",
      "null",
      "1",
      "'",
      ",",
      "%",
    ];
    await using emulator = await startEmulator({ seed });

    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.constantFrom(...words), fc.string())), async (parts) => {
        const answer = await send(emulator, "GET", filtered(parts.join(" ")));

        expect([200, 400]).toContain(answer.status);
      }),
      { numRuns: 150, seed: 11 },
    );
  });

  it("finds exactly the user principal name whose quotes were doubled", async () => {
    const name = fc.stringMatching(/^[a-z0-9'#_.!~^-]{1,12}$/);
    await using emulator = await startEmulator();

    await fc.assert(
      fc.asyncProperty(name, async (part) => {
        const userPrincipalName = `${part}@contoso.example`;
        emulator.put({ ...aCertificate(), userPrincipalName });

        const answer = await send(
          emulator,
          "GET",
          filtered(`userPrincipalName eq '${userPrincipalName.replaceAll("'", "''")}'`),
        );

        expect(rowsOf(answer).map((record) => record.userPrincipalName)).toEqual([userPrincipalName]);
      }),
      { numRuns: 50, seed: 7 },
    );
  });
});

describe("honouredFilters", () => {
  it("known: evaluates user and thumbprint, ignores comparisons on other properties", async () => {
    const filter = "userPrincipalName eq 'Anna@contoso.example' and intendedPurpose eq 'wifi'";

    expect(await matched(filter, { honouredFilters: "known" })).toEqual([1]);
    expect(await matched("intendedPurpose eq 'wifi'", { honouredFilters: "known" })).toEqual([1, 2, 3]);
    expect(await matched("colour eq 'red'", { honouredFilters: "known" })).toBe(400);
  });

  it("none: ignores every comparison", async () => {
    expect(await matched("userPrincipalName eq 'nobody@x.example'", { honouredFilters: "none" })).toEqual([1, 2, 3]);
  });
});

describe("userPrincipalNameFilterIsCaseSensitive: false", () => {
  it("lets a plain eq ignore case", async () => {
    const options = { userPrincipalNameFilterIsCaseSensitive: false };

    expect(await matched("userPrincipalName eq 'ANNA@contoso.example'", options)).toEqual([1]);
    expect(await matched(`thumbprint eq '${"aa".repeat(20)}'`, options)).toEqual([]);
  });
});
