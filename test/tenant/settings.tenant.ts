/** Every setting of the emulator that stands for an unknown of Graph: the survey finds it, and the found settings answer the same. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { throttle } from "../../src/emulator/faults.ts";
import type { EmulatorOptions } from "../../src/emulator/settings.ts";
import type { EmulatorSettings } from "../../src/survey/answers.ts";
import { surveyEmulator } from "../support/survey.ts";

type Case = readonly [name: string, given: EmulatorOptions, found: Partial<EmulatorSettings>];

/** A setting that is found as it was given. */
const same = (settings: Partial<EmulatorSettings> & EmulatorOptions): Case => [
  JSON.stringify(settings),
  settings,
  settings,
];

const cases: readonly Case[] = [
  same({ v1HasSegment: true, betaHasSegment: true }),
  same({ v1HasSegment: false, betaHasSegment: true }),
  same({ v1HasSegment: true, betaHasSegment: false }),
  same({ pageSize: 5 }),
  same({ pageSize: 10 }),
  same({ listDelayMs: 0 }),
  same({ listDelayMs: 3000 }),
  ["a list delay of 4 s: seen after 7 s", { listDelayMs: 4000 }, { listDelayMs: 7000 }],
  same({ echoSecrets: true }),
  same({ echoSecrets: false }),
  same({ echoSecrets: "omit" }),
  same({ readOnlyProperties: "ignore" }),
  same({ readOnlyProperties: "refuse" }),
  same({ readOnlyProperties: "store" }),
  same({ onDuplicate: "conflict" }),
  same({ onDuplicate: "badRequest" }),
  same({ onDuplicate: "overwrite" }),
  same({ onDuplicate: "keep" }),
  same({ onDuplicate: "add" }),
  same({ patchAnswer: 200 }),
  same({ patchAnswer: 204 }),
  same({ refusedPaddingSchemes: ["pkcs1"] }),
  same({ refusedPaddingSchemes: ["pkcs1", "oaepSha1"] }),
  same({ checksThumbprint: true }),
  same({ checksThumbprint: false }),
  same({ onMissing: "notFound", onDeleteMissing: "failure" }),
  same({ onMissing: "badRequest", onDeleteMissing: "failure" }),
  same({ onMissing: "notFound", onDeleteMissing: "success" }),
  same({ honouredFilters: ["userPrincipalName", "thumbprint"], otherFilters: "ignore" }),
  same({ honouredFilters: ["userPrincipalName", "thumbprint"], otherFilters: "refuse" }),
  same({ honouredFilters: ["userPrincipalName", "thumbprint", "expirationDateTime"], otherFilters: "ignore" }),
  [
    "every filter is honoured",
    { honouredFilters: "all" },
    { honouredFilters: ["userPrincipalName", "thumbprint", "intendedPurpose", "expirationDateTime"] },
  ],
  ["no filter is honoured", { honouredFilters: "none" }, { honouredFilters: [], otherFilters: "ignore" }],
  ["$filter is refused", { refusedQueryOptions: ["$filter"] }, { honouredFilters: [], otherFilters: "refuse" }],
  same({ userPrincipalNameFilterIsCaseSensitive: true }),
  same({ userPrincipalNameFilterIsCaseSensitive: false }),
  same({ ignoredQueryOptions: ["$select"] }),
  same({ ignoredQueryOptions: ["$top"] }),
  same({ ignoredQueryOptions: ["$count"] }),
  same({ ignoredQueryOptions: ["$select", "$top", "$count"] }),
  same({ refusedQueryOptions: ["$select"] }),
  same({ refusedQueryOptions: ["$select", "$orderby", "$count"] }),
  same({ honoursOrderBy: true }),
  same({ honoursOrderBy: false }),
  same({ topMeans: "pageSize" }),
  same({ topMeans: "limit" }),
  same({ countSegment: true }),
  same({ countSegment: false }),
  same({ errorShape: "plain" }),
  same({ errorShape: "nested" }),
  same({ errorShape: "threeLevel" }),
  same({ errorCodes: { 400: "InvalidRequest", 404: "ItemNotFound", 409: "AlreadyExists" } }),
];

const any = <const Value extends string | number | boolean>(...values: readonly Value[]) => fc.constantFrom(...values);

/** Settings that do not hide each other. */
const combinations = fc.record({
  v1HasSegment: fc.boolean(),
  echoSecrets: fc.oneof(fc.boolean(), any("omit")),
  readOnlyProperties: any("refuse", "ignore", "store"),
  onDuplicate: any("conflict", "badRequest", "overwrite", "keep", "add"),
  patchAnswer: any(200, 204),
  refusedPaddingSchemes: any<"pkcs1" | "oaepSha1">("pkcs1", "oaepSha1").map((scheme) => [scheme]),
  checksThumbprint: fc.boolean(),
  onMissing: any("notFound", "badRequest"),
  onDeleteMissing: any("failure", "success"),
  // A service that refuses the gateway's look-up does not show when lists have a new certificate.
  honouredFilters: fc.subarray(["userPrincipalName", "thumbprint", "intendedPurpose"]),
  otherFilters: any("ignore"),
  ignoredQueryOptions: any("$select", "$top").map((option) => [option]),
  refusedQueryOptions: any("$orderby", "$count").map((option) => [option]),
  countSegment: fc.boolean(),
  errorShape: any("plain", "nested", "threeLevel"),
  pageSize: fc.integer({ min: 5, max: 11 }),
  listDelayMs: any(0, 1000),
});

describe("the survey finds", () => {
  it("any of these settings together", async () => {
    const findsAll = fc.asyncProperty(combinations, async (settings) => {
      const { result, records } = await surveyEmulator(settings);

      expect(result.leftovers).toEqual([]);
      expect(result.settings).toMatchObject(settings);
      expect(records).toHaveLength(12);
    });

    await fc.assert(findsAll, { numRuns: 30 });
  });

  it.each(cases)("%s", async (_, given, found) => {
    const { result, records } = await surveyEmulator(given);

    expect(result.stopped).toBeUndefined();
    expect(result.leftovers).toEqual([]);
    expect(result.settings).toMatchObject(found);
    expect(records).toHaveLength(12);

    const again = await surveyEmulator(result.settings);

    expect(again.result.settings).toEqual(result.settings);
    expect(again.result.answers).toEqual(result.answers);
  });

  it.each(["seconds", "fraction", "date", "millisecondsHeader", "nested", "none"] as const)(
    "a wait time given as %s, and waits as long",
    async (hint) => {
      const fault = throttle("POST", "/userPfxCertificates", 17_000, hint);

      const { result, clock } = await surveyEmulator({ faults: [fault] });

      expect(result.settings.writeQuota?.retryAfter).toBe(hint);
      expect(result.stopped).toBeUndefined();
      const longest = Math.max(...clock.sleeps) / 1000;
      if (hint === "none") expect(longest).toBeLessThan(17);
      else expect(Math.round(longest)).toBeGreaterThanOrEqual(17);
    },
  );
});
