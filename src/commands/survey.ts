/**
 * `intune-pfx-gateway doctor --survey`: connects the survey with the configuration, signals and output. A signal ends the
 * questions; what was made is deleted first.
 */
import { createGraphTokens } from "../auth/graph-tokens.ts";
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/read-env.ts";
import { createTransport } from "../datasources/graph/pipeline/transport.ts";
import { type Clock, systemClock } from "../request/clock.ts";
import { Deadline } from "../request/deadline.ts";
import { RequestClosed } from "../request/request-closed.ts";
import { isOk, surveyJson, surveyText } from "../survey/report.ts";
import { survey } from "../survey/survey.ts";
import { surveyKeyName } from "../survey/throw-away.ts";

export const plan = `The survey finds out how your tenant's Microsoft Graph answers where no documentation says it. It will
  - make up to eight certificates for the test user, with random thumbprints, purpose unassigned or vpn, and the key
    name "${surveyKeyName}"; no device uses them, and the connector cannot open them;
  - read lists, which have the certificates of others too, and print nothing of them;
  - change one of its own certificates, and delete all of them, also if it fails or is interrupted;
  - send 60 requests at most, and 40 more to delete; it takes about a minute.
Its output holds no name, id, date or message of the tenant.`;

export interface SurveyCommand {
  readonly config: Config;
  /** Of `SURVEY_TOKEN`. */
  readonly token: string | undefined;
  readonly graphBaseUrl: URL;
  readonly user: string;
  readonly asJson: boolean;
  /** Of the gateway. */
  readonly version: string;
  /** Default: the system's. */
  readonly clock?: Clock;
}

const tokenDeadlineMs = 15_000;
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** @returns whether the survey found nothing wrong. @throws {ConfigError} without a token. */
export async function runSurvey(command: SurveyCommand): Promise<boolean> {
  const { config, graphBaseUrl, user, asJson, version, clock = systemClock } = command;
  const tokens = await tokensFor(command);
  const transport = createTransport(graphBaseUrl, 1, config.proxies);
  const closed = new RequestClosed();
  const stop = () => {
    if (!closed.isClosed) process.stderr.write("Interrupted: the survey deletes what it made. Please wait.\n");
    closed.close();
  };
  // The reader of the output may go away; what was made is deleted all the same.
  const ignore = () => undefined;
  const outputs = [process.stdout, process.stderr];
  for (const output of outputs) output.on("error", ignore);
  for (const signal of signals) process.on(signal, stop);
  try {
    process.stderr.write(`${plan}\n\n`);
    const result = await survey({
      transport,
      baseUrl: graphBaseUrl,
      preferredVersion: config.graphApiVersion === "beta" ? "beta" : "v1.0",
      token: tokens.get,
      userPrincipalName: user,
      clock,
      closed,
    });
    process.stdout.write(`${asJson ? surveyJson(result, version) : surveyText(result, version)}\n`);
    return isOk(result);
  } finally {
    for (const signal of signals) process.off(signal, stop);
    await transport.close();
    await tokens.close();
  }
}

/** `SURVEY_TOKEN` counts before the gateway's own identity. The emulator takes any token. */
async function tokensFor({
  config: { authMode, identity, proxies },
  token,
}: SurveyCommand): Promise<{ get: () => Promise<string>; close: () => Promise<void> }> {
  if (token !== undefined || authMode === "none") {
    return { get: async () => token ?? "of-the-survey", async close() {} };
  }
  if (authMode !== "app" || identity === undefined) {
    throw new ConfigError([
      `SURVEY_TOKEN: must be set, or SURVEY_TOKEN_FILE: with AUTH_MODE=${authMode} the gateway has no token of its own`,
    ]);
  }
  const log = { tokenNotIssued() {} };
  const tokens = await createGraphTokens(identity, {
    nowMs: Date.now,
    clock: systemClock,
    log,
    metrics: undefined,
    proxies,
  });
  return { get: () => tokens.app(new Deadline(tokenDeadlineMs, systemClock)), close: () => tokens.close() };
}
