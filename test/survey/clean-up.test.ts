/** A survey deletes what it made, whatever happens, and nothing else. */
import { describe, expect, it } from "vitest";
import {
  answerStatus,
  dropAnswer,
  type Fault,
  type FaultAction,
  garbleAnswer,
  hangAfterApplying,
  truncateAnswer,
} from "../../src/emulator/faults.ts";
import { certificateId, type NewRecord } from "../../src/emulator/record.ts";
import type { Emulator } from "../../src/emulator/server.ts";
import type { RequestClosed } from "../../src/request/request-closed.ts";
import { isOk, surveyText } from "../../src/survey/report.ts";
import { surveyKeyName } from "../../src/survey/throw-away.ts";
import { aCertificate } from "../emulator/graph.ts";
import { type SurveyedEmulator, surveyEmulator, surveyUser } from "../support/survey.ts";

const collection = "/userPfxCertificates";
const always = { times: Number.POSITIVE_INFINITY };

/** Certificates that are not the survey's: of others, of the test user, and one with the survey's key name. */
const seed: readonly NewRecord[] = [
  aCertificate(1),
  { ...aCertificate(2), userPrincipalName: surveyUser },
  { ...aCertificate(3), userPrincipalName: surveyUser, keyName: surveyKeyName },
];

/** The thumbprints of the survey's certificates that are stored afterwards, each once. */
function storedOf({ records }: SurveyedEmulator): string[] {
  const own = new Set(seed.map(({ thumbprint }) => thumbprint));
  return [...new Set(records.map(({ thumbprint }) => thumbprint).filter((thumbprint) => !own.has(thumbprint)))];
}

function expectOthersUntouched({ records, ledger }: SurveyedEmulator): void {
  const kept = records.filter(({ thumbprint }) => seed.some((other) => other.thumbprint === thumbprint));
  expect(kept).toMatchObject(seed);
  for (const { thumbprint } of seed) expect(ledger.map((entry) => entry.thumbprint)).not.toContain(thumbprint);
}

const interruptAt = (at: number) => (number: number, closed: RequestClosed) => {
  if (number === at) closed.close();
};

describe("a survey", () => {
  it("deletes what it made, and touches no other certificate", async () => {
    const surveyed = await surveyEmulator({ seed });

    expect(surveyed.result.leftovers).toEqual([]);
    expect(isOk(surveyed.result)).toBe(true);
    expect(storedOf(surveyed)).toEqual([]);
    expect(surveyed.ledger.filter(({ method }) => method === "POST").length).toBeGreaterThan(4);
    expectOthersUntouched(surveyed);
  });

  it.each([
    ["is lost", dropAnswer("POST", collection)],
    ["never comes", hangAfterApplying("POST", collection)],
    ["is half", truncateAnswer("POST", collection)],
    ["is a web page", garbleAnswer("POST", collection)],
    ["is a 500", answerStatus("POST", collection, 500, { apply: true })],
    ["is a 504", answerStatus("POST", collection, 504, { apply: true })],
    ["is a 400 for what was applied", answerStatus("POST", collection, 400, { apply: true })],
    ["is of another certificate", answerStatus("POST", collection, 201, { apply: true, body: { id: "../users" } })],
  ])("finds and deletes the first certificate if the answer to its create %s", async (_, fault) => {
    const surveyed = await surveyEmulator({ seed, faults: [fault] }, { answerMs: 200 });

    expect(storedOf(surveyed)).toEqual([]);
    expect(surveyed.result.leftovers).toEqual([]);
    expect(isOk(surveyed.result)).toBe(false);
    expectOthersUntouched(surveyed);
  });

  it("does not delete a certificate of others if a create is answered with it", async () => {
    const other = { id: certificateId(seed[0]?.userPrincipalName ?? "", seed[0]?.thumbprint ?? ""), ...seed[0] };
    const fault = answerStatus("POST", collection, 201, { apply: true, body: other, ...always });

    const surveyed = await surveyEmulator({ seed, faults: [fault] });

    expect(storedOf(surveyed)).toEqual([]);
    expectOthersUntouched(surveyed);
  });

  it("does not delete a certificate that it finds under another key name", async () => {
    const rename = (_: number, __: RequestClosed, emulator: Emulator) => {
      const [made] = emulator.records.slice(seed.length);
      if (made !== undefined) emulator.put({ ...made, keyName: "another" });
    };

    const options = { seed, faults: [dropAnswer("POST", collection)] };
    const surveyed = await surveyEmulator(options, { beforeRequest: rename });

    const [thumbprint = ""] = storedOf(surveyed);
    expect(surveyed.result.leftovers).toEqual([{ thumbprint, isCertain: false }]);
    expect(surveyed.ledger.filter(({ method }) => method === "DELETE")).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5, 6])("deletes the certificate of a later create that is lost (%i)", async (skip) => {
    const surveyed = await surveyEmulator({ seed, faults: [dropAnswer("POST", collection, { skip })] });

    expect(storedOf(surveyed)).toEqual([]);
    expectOthersUntouched(surveyed);
  });

  it("finds a lost certificate among those of others if Graph filters nothing, page after page", async () => {
    const others = Array.from({ length: 8 }, (_, index) => aCertificate(index + 10));
    const options = { seed: [...seed, ...others], pageSize: 3, honouredFilters: "none" } as const;

    const surveyed = await surveyEmulator({ ...options, faults: [dropAnswer("POST", collection)] });

    expect(surveyed.result.leftovers).toEqual([]);
    expect(surveyed.records).toHaveLength(options.seed.length);
  });

  it("finds a lost certificate if Graph refuses filters", async () => {
    const options = { seed, refusedQueryOptions: ["$filter"], faults: [dropAnswer("POST", collection)] };

    const surveyed = await surveyEmulator(options);

    expect(surveyed.result.leftovers).toEqual([]);
    expect(storedOf(surveyed)).toEqual([]);
  });

  it("waits for lists that show a lost certificate late", async () => {
    const surveyed = await surveyEmulator({ seed, listDelayMs: 6000, faults: [dropAnswer("POST", collection)] });

    expect(surveyed.result.leftovers).toEqual([]);
    expect(storedOf(surveyed)).toEqual([]);
  });

  it("says that a certificate may be left if its create had no answer and it is not found", async () => {
    const surveyed = await surveyEmulator({ seed, listDelayMs: 600_000, faults: [dropAnswer("POST", collection)] });

    const [thumbprint = ""] = storedOf(surveyed);
    expect(surveyed.result.leftovers).toEqual([{ thumbprint, isCertain: false }]);
    expect(surveyText(surveyed.result, "1.2.3")).toContain(`PERHAPS  ${thumbprint}`);
    expect(isOk(surveyed.result)).toBe(false);
  });

  it.each([403, 500, 404, 204])(
    "names each certificate that is left if Graph only answers deletions with %i",
    async (status) => {
      const surveyed = await surveyEmulator({ seed, faults: [answerStatus("DELETE", /./, status, always)] });

      const stored = storedOf(surveyed).sort();
      expect(stored.length).toBeGreaterThan(4);
      expect(surveyed.result.leftovers.map(({ thumbprint }) => thumbprint).sort()).toEqual(stored);
      expect(surveyText(surveyed.result, "1.2.3")).toContain(`LEFT     ${stored[0]}`);
      expect(isOk(surveyed.result)).toBe(false);
    },
  );

  it.each(Array.from({ length: 14 }, (_, index) => 1 + index * 3))(
    "deletes what it made if it is interrupted at request %i",
    async (interruptedAt) => {
      const surveyed = await surveyEmulator({ seed }, { beforeRequest: interruptAt(interruptedAt) });

      expect(storedOf(surveyed)).toEqual([]);
      expect(surveyed.result.leftovers).toEqual([]);
      expectOthersUntouched(surveyed);
    },
  );

  it("says that it was interrupted, and asks no more", async () => {
    const { result, requests } = await surveyEmulator({ seed }, { beforeRequest: interruptAt(10) });

    expect(result.stopped?.problem).toBe("the survey was interrupted");
    expect(requests.filter(({ method }) => method === "PATCH")).toEqual([]);
    expect(isOk(result)).toBe(false);
  });

  const actions: readonly FaultAction[] = [
    { kind: "reset", when: "beforeApplying" },
    { kind: "reset", when: "afterApplying" },
    { kind: "status", status: 503 },
    { kind: "status", status: 500, apply: true },
    { kind: "garbage", format: "html" },
  ];
  const disturbed = Array.from({ length: 45 }, (_, at) => [at, actions[at % actions.length]] as const);

  it.each(disturbed)("leaves nothing unsaid if request %i meets with %j", async (skip, action) => {
    const faults: Fault[] = action === undefined ? [] : [{ action, skip }];

    const surveyed = await surveyEmulator({ seed, faults });

    const named = surveyed.result.leftovers.map(({ thumbprint }) => thumbprint);
    expect(storedOf(surveyed).filter((thumbprint) => !named.includes(thumbprint))).toEqual([]);
    expectOthersUntouched(surveyed);
  });
});
