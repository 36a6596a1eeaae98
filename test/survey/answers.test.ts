/** What a survey says: promises that break, why it stops, and nothing of the tenant. */
import { describe, expect, it } from "vitest";
import { answerStatus, type Fault, throttle } from "../../src/emulator/faults.ts";
import type { EmulatorOptions } from "../../src/emulator/settings.ts";
import type { SurveyResult } from "../../src/survey/answers.ts";
import { isOk, surveyJson, surveyText } from "../../src/survey/report.ts";
import { blocksOf, read } from "../docs/pages.ts";
import { answerTo, surveyEmulator, surveyToken, surveyUser } from "../support/survey.ts";

const collection = "/userPfxCertificates";
const one = /\/userPfxCertificates\/[0-9a-f]{32}-[0-9a-f]{39,40}$/;
const always = { times: Number.POSITIVE_INFINITY };

const broken = ({ contract }: SurveyResult) => contract.filter(({ holds }) => !holds).map(({ promise }) => promise);

describe("the survey's contract", () => {
  it.each<[string, EmulatorOptions]>([
    ["a list filtered by user and thumbprint finds a new certificate", { listDelayMs: 60_000 }],
    [
      "a read shows neither the file nor the password",
      { faults: [answerStatus("GET", one, 200, { body: { encryptedPfxBlob: "TUlJ" } })] },
    ],
    ["a certificate is found by its id", { faults: [answerStatus("GET", one, 404)] }],
    ["an update takes effect at once", { faults: [answerStatus("PATCH", one, 200, { body: {} })] }],
    ["a deletion answers 204", { faults: [answerStatus("DELETE", one, 200, { apply: true, skip: 1 })] }],
    [
      "a next link leads to the next page of the same collection",
      {
        faults: [
          answerStatus("GET", collection, 200, {
            skip: 14,
            ...always,
            body: { value: [{ thumbprint: "a" }], "@odata.nextLink": "https://example.com/" },
          }),
        ],
      },
    ],
  ])("is broken if not: %s", async (promise, options) => {
    const { result } = await surveyEmulator(options);

    expect(broken(result)).toContain(promise);
    expect(isOk(result)).toBe(false);
    expect(surveyText(result, "1.2.3")).toContain(`BROKEN  ${promise}`);
  });

  it("is broken if a create answers without a property", async () => {
    const body = { id: "1", thumbprint: "2" };
    const { result } = await surveyEmulator({ faults: [answerStatus("POST", collection, 200, { body })] });

    expect(broken(result)).toContain("a create answers 201 with the documented properties");
    expect(result.contract[0]?.detail).toMatch(/^status 200, without intendedPurpose, /);
  });
});

const graphError = (code: string, message: string) => ({ error: { code, message, innerError: {} } });

describe("a survey stops", () => {
  it.each<[string, Fault, RegExp, RegExp]>([
    ["a token is refused", answerStatus("GET", collection, 401), /\(status 401/, /new token/],
    ["reading is forbidden", answerStatus("GET", collection, 403), /status 403, code Forbidden/, /ReadWrite\.All/],
    [
      "Intune forbids in a 401",
      answerStatus("GET", collection, 401, {
        body: graphError("UnknownError", JSON.stringify({ ErrorCode: "Forbidden", Message: "no" })),
      }),
      /status 401, code Forbidden/,
      /Intune role/,
    ],
    ["writing is forbidden", answerStatus("POST", collection, 403), /refuses to store.*status 403/, /ReadWrite\.All/],
    ["the user is unknown", answerStatus("POST", collection, 404), /given user \(status 404/, /Check --user/],
    [
      "the tenant has no Intune",
      answerStatus("GET", collection, 400, {
        body: graphError("BadRequest", "Request not applicable to target tenant."),
      }),
      /status 400/,
      /Intune license/,
    ],
    ["Graph throttles for long", throttle("GET", collection, 90_000), /status 429/, /later/],
    ["Graph is down", answerStatus("GET", collection, 503, always), /status 503/, /later/],
    [
      "nothing answers",
      { action: { kind: "reset", when: "beforeApplying" }, ...always },
      /ECONNRESET|SOCKET/,
      /firewall/,
    ],
  ])("with advice if %s", async (_, fault, problem, advice) => {
    const { result, records, clock } = await surveyEmulator({ faults: [fault] });

    expect(result.stopped?.problem).toMatch(problem);
    expect(result.stopped?.advice).toMatch(advice);
    expect(isOk(result)).toBe(false);
    expect(records).toHaveLength(12);
    expect(Math.max(0, ...clock.sleeps)).toBeLessThan(60_000);
  });

  it("if neither version has the collection", async () => {
    const { result } = await surveyEmulator({ v1HasSegment: false, betaHasSegment: false });

    expect(result.stopped?.problem).toBe("neither v1.0 nor beta has userPfxCertificates");
  });

  it("after 60 requests, and deletes with 40 more at most", async () => {
    const faults = [answerStatus("GET", one, 503, always), answerStatus("PATCH", one, 503, always)];
    const { result, requests, records } = await surveyEmulator({
      faults: [...faults, answerStatus("GET", collection, 503, { skip: 10, ...always })],
    });

    expect(result.stopped?.problem).toMatch(/more requests/);
    expect(requests.length).toBeLessThanOrEqual(100);
    expect(records).toHaveLength(12);
  });
});

describe("a survey's answers", () => {
  it("say which version was used: the one that the gateway is told to use", async () => {
    const { result, requests } = await surveyEmulator({}, { preferredVersion: "beta" });

    expect(result.apiVersion).toBe("beta");
    expect(requests.filter(({ version }) => version === "v1.0")).toHaveLength(1);
  });

  it("name every form of a wait time", async () => {
    const { result } = await surveyEmulator({
      faults: [throttle("POST", collection, 2000, "nested"), throttle("PATCH", one, 2000, "millisecondsHeader")],
    });

    expect(answerTo("retryAfter", result)).toBe("429 with RetryAfter inside the message and x-ms-retry-after-ms");
  });

  it("are those of docs/survey.md for the embedded emulator", async () => {
    const { result } = await surveyEmulator();
    const { version } = JSON.parse(read("package.json"));

    expect(`${surveyText(result, version)}\n`).toBe(blocksOf("docs/survey.md", "text")[0]);
  });

  it("hold nothing of the tenant: no user, token, id, date, message, key or code of it", async () => {
    const canary = "Canary7f3a";
    const tenant = "7e4a4700-0000-4000-8000-000000000001";
    const row = { id: `${tenant}-${canary}`, thumbprint: canary, userPrincipalName: `${canary}@contoso.example` };
    const body = {
      [canary]: canary,
      error: {
        code: canary,
        message: `${canary} ${tenant}`,
        [`${canary}Key`]: 1,
        details: [{ code: canary, target: canary }],
      },
    };
    const nested = graphError("UnknownError", JSON.stringify({ ErrorCode: canary, Message: `${tenant} ${canary}` }));
    const faults: Fault[] = [
      answerStatus("GET", collection, 400, { skip: 20, body }),
      answerStatus("GET", collection, 200, { skip: 10, body: { value: [row], [canary]: canary } }),
      answerStatus("PATCH", one, 400, { body }),
      answerStatus("POST", collection, 409, { skip: 3, body: nested, headers: { "request-id": tenant } }),
      answerStatus("DELETE", one, 404, { body: { ...body, ...row } }),
    ];

    for (const user of [surveyUser, `${canary}@${canary}.example`]) {
      const { result, ledger } = await surveyEmulator({ faults: user === surveyUser ? faults : [] }, { user });
      const printed = surveyText(result, "1.2.3") + surveyJson(result, "1.2.3");

      expect(ledger.length).toBeGreaterThan(5);
      for (const { id, thumbprint } of ledger) {
        expect(printed).not.toContain(id.split("-")[0]);
        expect(printed).not.toContain(thumbprint);
      }
      expect(printed.toLowerCase()).not.toContain(canary.toLowerCase());
      expect(printed).not.toContain(tenant);
      expect(printed).not.toContain(surveyToken);
      expect(printed).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/i);
      expect(printed).not.toMatch(/\d{4}-\d\d-\d\d/);
      expect(printed).not.toMatch(/\w@\w/);
      expect(printed).not.toMatch(/contoso|fabrikam/i);
    }
  });
});
