/**
 * Random accidents, judged by the emulator's ledger: what it really stored against what the gateway claimed. A failing
 * schedule is printed by fast-check with its seed, and shrunk.
 */
import fc from "fast-check";
import { CreateUserPfxCertificateDocument as CREATE } from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import {
  answerStatus,
  delayAnswer,
  delayApplying,
  dropAnswer,
  dropRequest,
  type Fault,
  garbleAnswer,
  hangAfterApplying,
  hangBeforeApplying,
  throttle,
  truncateAnswer,
} from "../../../src/emulator/faults.ts";
import { skippingClock } from "../../support/clock.ts";
import { startGateway } from "../../support/gateway.ts";
import { anInput, thumbprintOf } from "../../support/input.ts";

const path = "/userPfxCertificates";
const runs = 500;

const anotherCertificate = { id: "another", thumbprint: thumbprintOf(9), userPrincipalName: "alex@contoso.example" };

/** What may befall one request, by name, so that a counterexample reads as a story. */
const accidents: Record<string, (method: string) => Fault> = {
  "nothing (a short delay)": (method) => delayAnswer(method, path, 3),
  "slow to apply": (method) => delayApplying(method, path, 8),
  "reset before applying": (method) => dropRequest(method, path),
  "reset after applying": (method) => dropAnswer(method, path),
  "truncated answer": (method) => truncateAnswer(method, path),
  "HTML answer": (method) => garbleAnswer(method, path, "html"),
  "500 unapplied": (method) => answerStatus(method, path, 500),
  "503 applied": (method) => answerStatus(method, path, 503, { apply: true }),
  "502 unapplied": (method) => answerStatus(method, path, 502, { body: "<html>Bad Gateway</html>" }),
  "504 applied": (method) => answerStatus(method, path, 504, { apply: true }),
  "504 applied later": (method) => answerStatus(method, path, 504, { applyAfterMs: 8 }),
  "reset applied later": (method) => dropRequest(method, path, { applyAfterMs: 8 }),
  "408 unapplied": (method) => answerStatus(method, path, 408),
  "408 applied": (method) => answerStatus(method, path, 408, { apply: true }),
  "423 unapplied": (method) => answerStatus(method, path, 423),
  "201 of another certificate": (method) => answerStatus(method, path, 201, { body: anotherCertificate }),
  "429 in a second": (method) => throttle(method, path, 1000),
  "429 in an hour": (method) => throttle(method, path, 3_600_000),
  "429 without a hint": (method) => throttle(method, path, 0, "none"),
  "403": (method) => answerStatus(method, path, 403),
  "409 unapplied": (method) => answerStatus(method, path, 409),
  "412 unapplied, in a second": (method) => answerStatus(method, path, 412, { retryAfter: 1 }),
};
const hangs: Record<string, (method: string) => Fault> = {
  "hang before applying": (method) => hangBeforeApplying(method, path),
  "hang after applying": (method) => hangAfterApplying(method, path),
};

const accident = (names: string[]) => fc.constantFrom(...names);
const schedule = fc.record({
  posts: fc.array(
    fc.oneof(
      { weight: 30, arbitrary: accident(Object.keys(accidents)) },
      { weight: 1, arbitrary: accident(Object.keys(hangs)) },
    ),
    { maxLength: 6 },
  ),
  gets: fc.array(accident(Object.keys(accidents)), { maxLength: 4 }),
  creates: fc.array(fc.record({ key: fc.integer({ min: 1, max: 2 }), file: fc.constantFrom("b25l", "dHdv") }), {
    minLength: 1,
    maxLength: 4,
  }),
  atOnce: fc.boolean(),
  randoms: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 5 }),
});

interface Claim {
  key: number;
  file: string;
  id: string | undefined;
  code: unknown;
}

describe("creating under random faults", () => {
  it("never reports an outcome that the ledger contradicts", { timeout: 300_000 }, async () => {
    expect.hasAssertions();
    await fc.assert(
      fc.asyncProperty(schedule, async ({ posts, gets, creates, atOnce, randoms }) => {
        let drawn = 0;
        const clock = skippingClock(() => randoms[drawn++ % randoms.length] ?? 0);
        // Only where Graph hangs does real time pass, and must be short.
        const requestDeadlineMs = posts.some((name) => name in hangs) ? 1000 : 60_000;
        await using gateway = await startGateway({ clock, config: { requestDeadlineMs } });
        const plan = { ...accidents, ...hangs };
        gateway.emulator.faults.add(...posts.flatMap((name) => plan[name]?.("POST") ?? []));
        gateway.emulator.faults.add(...gets.flatMap((name) => plan[name]?.("GET") ?? []));

        const claims: Claim[] = [];
        const create = async ({ key, file }: { key: number; file: string }) => {
          const input = anInput({ thumbprint: thumbprintOf(key), encryptedPfxBlob: file });
          const { data, errors } = await gateway.send(CREATE, { input });
          claims.push({ key, file, id: data?.createUserPfxCertificate.id, code: errors?.[0]?.extensions?.code });
        };
        if (atOnce) await Promise.all(creates.map(create));
        else for (const one of creates) await create(one);
        await new Promise((resolve) => setTimeout(resolve, posts.some((name) => /slow|later/.test(name)) ? 15 : 0));

        const { records, ledger } = gateway.emulator;
        for (const key of new Set(creates.map((one) => one.key))) {
          const stored = records.filter(({ thumbprint }) => thumbprint === thumbprintOf(key));
          expect(ledger.filter(({ thumbprint }) => thumbprint === thumbprintOf(key)).length).toBeLessThanOrEqual(1);
          for (const file of new Set(creates.map((one) => one.file))) {
            const told = claims.filter((claim) => claim.key === key && claim.file === file);
            const isStored = stored.some(({ encryptedPfxBlob }) => encryptedPfxBlob === file);
            const succeeded = told.some(({ id }) => id !== undefined);
            const unknown = told.some(({ code }) => code === "OUTCOME_UNKNOWN");
            if (succeeded) expect(isStored, "success reported, so it is stored").toBe(true);
            if (told.length > 0 && !succeeded && !unknown) {
              expect(isStored, "definite failure reported, so it is not stored").toBe(false);
            }
          }
          if (claims.some((claim) => claim.key === key && claim.code === "CONFLICT")) {
            expect(stored, "a conflict reported, so there is a record").toHaveLength(1);
          }
        }
        if (claims.some(({ code }) => code === "OUTCOME_UNKNOWN")) {
          const isImpossible = gets.length > 0 || posts.some((name) => name in hangs);
          const mayStillBeApplied = posts.some((name) => /reset|answer|504|201/.test(name));
          expect(
            isImpossible || mayStillBeApplied,
            "unknown only where a look-up was impossible, or where Graph may still apply what it was sent",
          ).toBe(true);
        }
        expect(claims.map(({ code }) => code)).not.toContain("INTERNAL_SERVER_ERROR");
      }),
      { numRuns: runs, endOnFailure: false },
    );
  });
});
