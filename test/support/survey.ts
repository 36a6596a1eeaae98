/** A survey of an emulator, in this process, with a clock that skips waits. */
import { createTransport } from "../../src/datasources/graph/pipeline/transport.ts";
import type { StoredRecord } from "../../src/emulator/record.ts";
import { type Emulator, startEmulator } from "../../src/emulator/server.ts";
import type { EmulatorOptions } from "../../src/emulator/settings.ts";
import { RequestClosed } from "../../src/request/request-closed.ts";
import type { SurveyResult } from "../../src/survey/answers.ts";
import { survey } from "../../src/survey/survey.ts";
import { aCertificate } from "../emulator/graph.ts";
import { skippingClock, type TestClock } from "./clock.ts";

export const surveyToken = "token-of-the-survey-4b1f";
export const surveyUser = "Tess.Probe@Fabrikam.example";

export interface SurveyedEmulator {
  readonly result: SurveyResult;
  readonly clock: TestClock;
  readonly requests: Emulator["requests"];
  readonly ledger: Emulator["ledger"];
  /** What is stored afterwards. */
  readonly records: readonly StoredRecord[];
}

interface SurveyEmulatorOptions {
  readonly user?: string;
  /** Time for one answer in milliseconds. */
  readonly answerMs?: number;
  readonly preferredVersion?: "v1.0" | "beta";
  /** Called before each request, with its number from 1. `closed.close()` is what a signal does. */
  readonly beforeRequest?: (number: number, closed: RequestClosed, emulator: Emulator) => void;
}

/** Twelve certificates of others are there, unless the options say otherwise. */
export async function surveyEmulator(
  options: EmulatorOptions = {},
  { user = surveyUser, answerMs, preferredVersion = "v1.0", beforeRequest }: SurveyEmulatorOptions = {},
): Promise<SurveyedEmulator> {
  const clock = skippingClock();
  await using emulator = await startEmulator({
    seed: Array.from({ length: 12 }, (_, index) => aCertificate(index + 1)),
    now: () => Date.now() + clock.skippedMs,
    ...options,
  });
  const baseUrl = new URL(emulator.url);
  const transport = createTransport(baseUrl, 1, undefined);
  const closed = new RequestClosed();
  let requests = 0;
  try {
    const result = await survey({
      transport,
      baseUrl,
      preferredVersion,
      token: async () => {
        requests += 1;
        beforeRequest?.(requests, closed, emulator);
        return surveyToken;
      },
      userPrincipalName: user,
      clock,
      closed,
      answerMs,
    });
    return { result, clock, requests: emulator.requests, ledger: emulator.ledger, records: emulator.records };
  } finally {
    await transport.close();
  }
}

/** The answer to a question. */
export function answerTo(question: string, { answers }: SurveyResult): string | undefined {
  return answers.find((each) => each.question === question)?.answer;
}
