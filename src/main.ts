#!/usr/bin/env node
/** Reads the arguments and the configuration, starts the gateway or the doctor, and handles signals. */
import "reflect-metadata"; // must come before any decorated class is imported
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { readArguments, type SurveyArguments, UsageError } from "./commands/arguments.ts";
import type { Finding } from "./commands/doctor.ts";
import { type Config, readConfiguration } from "./config/config.ts";
import { ConfigError } from "./config/read-env.ts";
import { readSurveyToken } from "./config/survey-token.ts";
import { variables } from "./config/variables.ts";
import { createLog } from "./observability/log.ts";
import { packageFolder } from "./package-folder.ts";
import { startGateway } from "./server/start.ts";

/** @see sysexits.h: EX_USAGE and EX_CONFIG */
const exit = { usage: 64, config: 78 } as const;

const help = `Usage: intune-pfx-gateway [--port PORT]
       intune-pfx-gateway doctor [--json]
       intune-pfx-gateway doctor --survey --user UPN --yes [--json]
       intune-pfx-gateway --help | --version

  --port  listens on this port, whatever PORT says
  doctor  checks the configuration, identity, Graph, permission and clock, and says how to fix each problem
  --survey  asks the tenant how its Graph behaves, with certificates that it makes for the test user UPN and deletes
            again; without --yes it only says what it would do. SURVEY_TOKEN or SURVEY_TOKEN_FILE has the token for
            Graph, unless the gateway has an identity (AUTH_MODE=app)

A GraphQL gateway over Microsoft Graph's userPfxCertificates. Environment variables configure it:

${variables.map(({ name, default: value, meaning }) => `  ${name.padEnd(24)} ${meaning}\n${" ".repeat(27)}default: ${value}`).join("\n")}
`;

async function serve(port: string | undefined): Promise<void> {
  // V8 discards compiled code that has not run for a while. Requests come in bursts and would need it again.
  setFlagsFromString("--no-flush-bytecode");
  const config = readConfiguration(port === undefined ? {} : { PORT: port });
  const log = createLog(config.logLevel);
  const graph =
    config.graphBaseUrl === undefined ? await startEmbeddedEmulator() : { url: config.graphBaseUrl, async close() {} };
  const starting = startGateway(config, graph.url, log, new URL("graphiql/", import.meta.url));
  log.starting({
    version: versionOfPackage(),
    nodeVersion: process.version,
    authMode: config.authMode,
    graphBaseUrl: graph.url.origin,
    isEmulator: config.graphBaseUrl === undefined,
  });
  for (const warning of config.warnings) log.configuration({ warning });
  // From here on, a signal also stops a gateway that is still starting.
  let isStopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (isStopping) return; // a second signal does not cut the requests that the first one lets finish
    isStopping = true;
    log.stopping({ signal });
    const gateway = await starting;
    await gateway.close();
    await graph.close();
    log.stopped();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop(signal).catch(failToStop));

  const { url } = await starting;
  if (config.graphBaseUrl === undefined) console.log(greeting(url, graph.url.origin));
}

/**
 * Runs the checks of `doctor`; changes nothing. Exit code 0: no check failed; 1: a check failed; 78: the configuration is not
 * valid.
 */
async function diagnose(asJson: boolean): Promise<void> {
  const { examine, report } = await import("./commands/doctor.ts");
  const { adviceOnConfiguration } = await import("./commands/setup-steps.ts");
  const print = (findings: readonly Finding[]) =>
    console.log(
      asJson ? JSON.stringify({ ok: findings.every(({ status }) => status !== "failed"), findings }) : report(findings),
    );
  let config: Config;
  try {
    config = readConfiguration();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const advice = adviceOnConfiguration(error.problems);
    print([{ check: "configuration", status: "failed", detail: error.problems.join("; "), advice }]);
    process.exit(exit.config);
  }
  const { graphBaseUrl, warnings } = config;
  const graph = graphBaseUrl === undefined ? await startEmbeddedEmulator() : { url: graphBaseUrl, async close() {} };
  const findings = await examine(config, graph.url);
  await graph.close();
  const what = graphBaseUrl === undefined ? "nothing is configured: the emulator replaces Graph" : "can be used";
  const advice = "Correct these variables, or remove them; --help explains every variable.";
  const configuration: Finding =
    warnings.length === 0
      ? { check: "configuration", status: "ok", detail: what }
      : { check: "configuration", status: "warning", detail: `${what}; ${warnings.join("; ")}`, advice };
  const all: Finding[] = [configuration, ...findings];
  print(all);
  process.exitCode = all.some(({ status }) => status === "failed") ? 1 : 0;
}

/**
 * Asks the tenant what is not documented. Exit code 0: what the gateway relies on holds, and nothing is left over; 1: it does not;
 * 64: `--yes` is missing; 78: the configuration is not valid.
 */
async function surveyTenant({ user, isConfirmed }: SurveyArguments, asJson: boolean): Promise<void> {
  const { plan, runSurvey } = await import("./commands/survey.ts");
  if (!isConfirmed) throw new UsageError(`${plan}\nNothing was done. To do it, add --yes.`);
  const config = readConfiguration();
  const token = readSurveyToken();
  const { graphBaseUrl } = config;
  const graph = graphBaseUrl === undefined ? await startEmbeddedEmulator() : { url: graphBaseUrl, async close() {} };
  try {
    const isOk = await runSurvey({ config, token, graphBaseUrl: graph.url, user, asJson, version: versionOfPackage() });
    process.exitCode = isOk ? 0 : 1;
  } finally {
    await graph.close();
  }
}

function versionOfPackage(): string {
  return JSON.parse(readFileSync(new URL("package.json", packageFolder), "utf8")).version;
}

/** Imported on demand: a gateway with a real Graph never loads the emulator. */
async function startEmbeddedEmulator(): Promise<{ url: URL; close(): Promise<void> }> {
  const [{ startEmulator }, { seedRecords }] = await Promise.all([
    import("./emulator/server.ts"),
    import("./emulator/seed.ts"),
  ]);
  const emulator = await startEmulator({ seed: seedRecords(), keptRequests: 0 });
  return { url: new URL(emulator.url), close: () => emulator.close() };
}

function greeting(url: string, emulatorUrl: string): string {
  return `
Intune PFX gateway: ${url}  (open it in a browser to explore)
Emulating Microsoft Graph at ${emulatorUrl}: no data leaves this machine, and no data is kept. Set AUTH_MODE to use the real Microsoft Graph.
Try: curl -H 'content-type: application/json' -d '{"query":"{ userPfxCertificates(first: 3) { nodes { id userPrincipalName } } }"}' ${url}
`;
}

function fail(error: unknown): void {
  if (error instanceof UsageError) {
    console.error(error.message);
    process.exit(exit.usage);
  }
  const problems = error instanceof ConfigError ? error.problems : isHostUnknown(error) ? [unknownHost] : [];
  if (problems.length > 0) {
    console.error(`Not started; the configuration has problems:\n${problems.map((each) => `  ${each}`).join("\n")}`);
    process.exit(exit.config);
  }
  console.error(`Not started: ${messageOf(error)}`);
  process.exit(1);
}

function failToStop(error: unknown): void {
  console.error(`Not stopped cleanly: ${messageOf(error)}`);
  process.exit(1);
}

const unknownHost = "HOST: must be an address of this machine, or a name that resolves to one";

/** Whether HOST is no address of this machine: the error comes from listening or from looking the name up. */
function isHostUnknown(error: unknown): boolean {
  const { code, syscall } = systemErrorOf(error);
  if (syscall === "getaddrinfo") return true;
  return (syscall === "listen" || syscall === "bind") && /^(?:EADDRNOTAVAIL|EINVAL|EAFNOSUPPORT)$/.test(code);
}

/**
 * Omits values of variables, which system errors quote. Only the message about a taken port is shown in full, because the port
 * helps most.
 */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  const { code, syscall } = systemErrorOf(error);
  switch (code) {
    case "EADDRINUSE":
      return `${error.message}. Another program listens on that port; set PORT (or METRICS_PORT) to a free port.`;
    case "EACCES":
      if (syscall === "listen" || syscall === "bind") {
        return "no permission to listen on that port; set PORT (or METRICS_PORT) to a port above 1023.";
      }
  }
  return syscall === "" ? error.message : `${code} (${syscall})`;
}

/** Empty strings if the error does not come from the operating system. */
function systemErrorOf(error: unknown): { code: string; syscall: string } {
  if (!(error instanceof Error) || !("syscall" in error)) return { code: "", syscall: "" };
  return { code: "code" in error ? String(error.code) : "", syscall: String(error.syscall) };
}

async function run(): Promise<void> {
  const { command, asJson, survey, port } = readArguments(process.argv.slice(2));
  switch (command) {
    case "help":
      console.log(help);
      break;
    case "version":
      console.log(versionOfPackage());
      break;
    case "doctor":
      if (survey === undefined) await diagnose(asJson);
      else await surveyTenant(survey, asJson);
      break;
    default:
      await serve(port);
  }
}

run().catch(fail);
