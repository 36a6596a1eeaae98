/**
 * Asks Graph what nobody could look up, with certificates that are made for it and deleted afterwards, whatever happens. The
 * questions are asked here, in order.
 */

import type { Transport } from "../datasources/graph/pipeline/transport.ts";
import { TransportError } from "../datasources/graph/protocol/request.ts";
import { GatewayError } from "../errors.ts";
import type { Clock } from "../request/clock.ts";
import type { RequestClosed } from "../request/request-closed.ts";
import type { EmulatorSettings, SurveyAnswer, SurveyResult } from "./answers.ts";
import { cleanUp } from "./clean-up.ts";
import { askVersions, noAnswer, silenceOf } from "./questions/beginning.ts";
import { askDuplicate, askPaddingSchemes, askRead, askUpdate } from "./questions/changes.ts";
import { makeThree } from "./questions/creates.ts";
import { askMissing, askWrongThumbprint } from "./questions/errors.ts";
import { askFilters } from "./questions/filters.ts";
import { askQueryOptions } from "./questions/query-options.ts";
import { Session, SurveyEnded } from "./session.ts";
import { ThrowAways } from "./throw-away.ts";
import { type Stocked, SurveyStop, type World } from "./world.ts";

export interface SurveyOptions {
  readonly transport: Transport;
  /** Graph's root without the version. */
  readonly baseUrl: URL;
  /** The version that the gateway is told to use. */
  readonly preferredVersion: "v1.0" | "beta";
  /** For Graph. Rejects with a `GatewayError`. */
  readonly token: () => Promise<string>;
  readonly userPrincipalName: string;
  readonly clock: Clock;
  /** Closes when the survey is to end early; what it made is deleted then, too. */
  readonly closed: RequestClosed;
  /** Time for one answer, default 30 s. */
  readonly answerMs?: number | undefined;
}

/** Never rejects. The result holds nothing of the tenant. */
export async function survey(options: SurveyOptions): Promise<SurveyResult> {
  const { baseUrl, preferredVersion } = options;
  const session = new Session(options);
  const throwAways = new ThrowAways(session, options.userPrincipalName);
  const world: World = { session, baseUrl, throwAways, answers: [], contract: [] };
  let stopped: SurveyResult["stopped"];
  try {
    await askVersions(world, preferredVersion);
    await askAll(await makeThree(world));
  } catch (error) {
    const stop = stopOf(error);
    stopped = { problem: stop.message, advice: stop.advice };
  }
  if (stopped === undefined || session.retryAfterForms.size > 0) world.answers.push(retryAfterAnswer(session));
  const { leftovers, contract } = await cleanUp(session, baseUrl, throwAways);
  const { answers } = world;
  return {
    graph: isLoopback(baseUrl) ? "a loopback address" : baseUrl.host,
    apiVersion: session.apiVersion,
    contract: [...world.contract, ...contract],
    answers,
    settings: merged(answers),
    requests: session.sent,
    stopped,
    leftovers,
  };
}

/** A question without an answer does not keep the others from being asked. */
async function askAll(world: Stocked): Promise<void> {
  const isFilterRefused = await settle(world, "$filter", () => askFilters(world));
  await settle(world, "query options", () => askQueryOptions(world, isFilterRefused === true));
  await settle(world, "read", () => askRead(world));
  await settle(world, "update", () => askUpdate(world));
  await settle(world, "secondCreate", () => askDuplicate(world));
  await settle(world, "paddingScheme", () => askPaddingSchemes(world));
  await settle(world, "wrongThumbprint", () => askWrongThumbprint(world));
  await settle(world, "missing", () => askMissing(world));
}

async function settle<Value>(world: World, question: string, ask: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    world.answers.push({ question, answer: `no answer (${silenceOf(error)})` });
    return undefined;
  }
}

function stopOf(error: unknown): SurveyStop {
  if (error instanceof SurveyStop) return error;
  if (error instanceof TransportError) return noAnswer(error);
  if (error instanceof SurveyEnded) return endings[error.reason];
  if (error instanceof GatewayError) {
    return new SurveyStop(
      `no token for Graph (${error.code})`,
      "Run the doctor without --survey: it says what is wrong.",
    );
  }
  const name = error instanceof Error && /^\w{1,40}$/.test(error.name) ? error.name : "Error";
  return new SurveyStop(`the survey itself failed (${name})`, "Please report this as a bug of the gateway.");
}

const again = "Run the survey again.";
const endings = {
  signal: new SurveyStop("the survey was interrupted", again),
  requests: new SurveyStop("the survey needed more requests than it may send", "Run it again when Graph is healthy."),
  time: new SurveyStop("the survey took longer than it may", "Run it again when Graph is healthy."),
};

function retryAfterAnswer({ retryAfterForms }: Session): SurveyAnswer {
  const question = "retryAfter";
  const [form, ...others] = retryAfterForms;
  if (form === undefined) return { question, answer: "not seen: Graph throttled nothing" };
  const words = { millisecondsHeader: "x-ms-retry-after-ms", nested: "RetryAfter inside the message" };
  const all = [form, ...others].map((each) => (each in words ? Reflect.get(words, each) : each));
  return {
    question,
    answer: `429 with ${all.join(" and ")}`,
    settings: { writeQuota: { limit: 100, windowMs: 20_000, retryAfter: form } },
  };
}

/** Lists and tables of several answers are joined. */
function merged(answers: readonly SurveyAnswer[]): Partial<EmulatorSettings> {
  const all = answers.map(({ settings = {} }) => settings);
  const listOf = (name: "refusedPaddingSchemes" | "ignoredQueryOptions" | "refusedQueryOptions") => {
    const joined = all.flatMap((settings) => settings[name] ?? []);
    return joined.length === 0 ? {} : { [name]: joined };
  };
  const codes: Record<number, string> = Object.assign({}, ...all.map(({ errorCodes = {} }) => errorCodes));
  return {
    ...Object.assign({}, ...all),
    ...listOf("refusedPaddingSchemes"),
    ...listOf("ignoredQueryOptions"),
    ...listOf("refusedQueryOptions"),
    ...(Object.keys(codes).length === 0 ? {} : { errorCodes: codes }),
  };
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}
