/**
 * Random accidents for creates that two gateways of one Redis get at once, judged by the emulator's ledger. A failing schedule is
 * printed by fast-check with its seed.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  answerStatus,
  delayAnswer,
  delayApplying,
  dropAnswer,
  dropRequest,
  type Fault,
  garbleAnswer,
  hangAfterApplying,
} from "../../src/emulator/faults.ts";
import { startRedis } from "../support/redis.ts";
import { create, startReplicas } from "./replicas.ts";

const path = "/userPfxCertificates";
const runs = 40;

const accidents: Record<string, (method: string) => Fault> = {
  "a short delay": (method) => delayAnswer(method, path, 20),
  "slow to apply": (method) => delayApplying(method, path, 40),
  "reset before applying": (method) => dropRequest(method, path),
  "reset after applying": (method) => dropAnswer(method, path),
  "HTML answer": (method) => garbleAnswer(method, path, "html"),
  "500 unapplied": (method) => answerStatus(method, path, 500),
  "503 applied": (method) => answerStatus(method, path, 503, { apply: true }),
  "409 unapplied": (method) => answerStatus(method, path, 409),
  "403": (method) => answerStatus(method, path, 403),
};
const hangs: typeof accidents = { "hang after applying": (method) => hangAfterApplying(method, path) };

const schedule = fc.record({
  posts: fc.array(fc.constantFrom(...Object.keys(accidents), ...Object.keys(hangs)), { maxLength: 3 }),
  gets: fc.array(fc.constantFrom(...Object.keys(accidents)), { maxLength: 2 }),
  creates: fc.array(fc.record({ gateway: fc.constantFrom("one", "other"), file: fc.constantFrom("a", "b") }), {
    minLength: 2,
    maxLength: 4,
  }),
});

it("two gateways never report an outcome that the ledger contradicts", { timeout: 110_000 }, async () => {
  await using redis = await startRedis();
  await using replicas = await startReplicas(redis.url, { requestDeadlineMs: 2000 });
  const { emulator } = replicas;
  let number = 0;
  await fc.assert(
    fc.asyncProperty(schedule, async ({ posts, gets, creates }) => {
      number += 1;
      const plan = { ...accidents, ...hangs };
      emulator.faults.clear();
      emulator.reset();
      emulator.faults.add(...posts.flatMap((name) => plan[name]?.("POST") ?? []));
      emulator.faults.add(...gets.flatMap((name) => plan[name]?.("GET") ?? []));

      const claims = await Promise.all(
        creates.map(async ({ gateway, file }) => {
          const { certificate, code } = await create(replicas[gateway], number, file);
          return { file, succeeded: certificate !== undefined, code };
        }),
      );

      const { ledger, records } = emulator;
      expect(ledger.length).toBeLessThanOrEqual(1);
      const stored = ledger.length === 1 ? records.at(-1)?.encryptedPfxBlob : undefined;
      for (const file of new Set(creates.map((each) => each.file))) {
        const told = claims.filter((claim) => claim.file === file);
        const isStored = stored === Buffer.from(`file ${file}`).toString("base64");
        if (told.some(({ succeeded }) => succeeded)) expect(isStored, "success reported, so it is stored").toBe(true);
        if (told.every(({ succeeded, code }) => !succeeded && code !== "OUTCOME_UNKNOWN")) {
          expect(isStored, "definite failure reported, so it is not stored").toBe(false);
        }
      }
      if (claims.some(({ code }) => code === "CONFLICT")) expect(ledger).toHaveLength(1);
      expect(claims.map(({ code }) => code)).not.toContain("INTERNAL_SERVER_ERROR");
    }),
    { numRuns: runs, endOnFailure: true },
  );
});
