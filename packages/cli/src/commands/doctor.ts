/** `intune-pfx doctor`: what a person would try by hand when something does not work. It changes nothing. */
import type { OptionValues } from "../arguments/parse-arguments.ts";
import { ExitCode } from "../cli-error.ts";
import type { Io } from "../io.ts";
import { JsonLines } from "../output/json-lines.ts";
import { readSettings, requireSettings, type Settings } from "../settings/settings.ts";
import { connect } from "./connect.ts";
import { type Check, checkLine } from "./doctor/check.ts";
import { keyCheck, keyNameCheck } from "./doctor/key-checks.ts";
import { clockCheck, gatewayCheck, proxyCheck, tlsCheck } from "./doctor/network-checks.ts";
import { probeGateway } from "./doctor/probe-gateway.ts";
import { signInChecks, signInUntested } from "./doctor/sign-in-checks.ts";
import { createNote } from "./notes.ts";
import { refusePositionals } from "./refuse-positionals.ts";
import { untilInterrupted } from "./until-interrupted.ts";

/**
 * Checks gateway, sign-in, key and clock; without a gateway only the key.
 *
 * @returns 0, or 1 where a check failed
 * @throws {CliError} exit code 64 where neither gateway nor key is set
 */
export async function doctorCommand(positionals: readonly string[], values: OptionValues, io: Io): Promise<ExitCode> {
  refusePositionals("doctor", positionals);
  const isJson = values.json === true;
  const json = new JsonLines(io);
  const settings = readSettings(values, io);
  const checks: Check[] = [];
  const show = (check: Check) => {
    checks.push(check);
    if (isJson) json.write("check", { name: check.name, state: check.state, message: check.text, ...check.facts });
    else io.stdout.write(`${checkLine(check, io.stdout)}\n`);
  };
  if (settings.gateway === undefined && settings.key !== undefined) show(await keyCheck(settings.key));
  else {
    const withGateway = requireSettings(settings, ["gateway"]);
    await untilInterrupted(io, async (signal) => {
      for await (const check of allChecks(withGateway, io, { noInput: values["no-input"] === true, isJson, signal }))
        show(check);
    });
  }
  const failed = checks.filter(({ state }) => state === "failed").length;
  if (isJson) json.write("end", { checks: checks.length, failed });
  else createNote(io, false)(`${failed > 0 ? failed : "None"} of ${checks.length} failed.`);
  return failed > 0 ? ExitCode.FAILED : ExitCode.DONE;
}

interface CheckOptions {
  readonly noInput: boolean;
  readonly isJson: boolean;
  readonly signal: AbortSignal;
}

async function* allChecks(
  settings: Settings & { readonly gateway: URL },
  io: Io,
  { noInput, isJson, signal }: CheckOptions,
): AsyncGenerator<Check> {
  const { gateway, key, keyName } = settings;
  const { fetch } = connect({ ...settings, auth: "none" }, io, { noInput, isJson, signal });
  const probe = await probeGateway(gateway, fetch, io, signal);
  const reached = gatewayCheck(gateway, probe);
  yield reached;
  yield tlsCheck(gateway, probe, io.env);
  yield proxyCheck(gateway, io.env);
  const { signIn, read, tenant } =
    reached.state === "ok" ? await signInChecks(settings, io, { noInput, isJson, signal }) : signInUntested();
  yield signIn;
  yield read;
  yield { name: "write", state: "unknown", text: "not tested: only an import can tell" };
  yield await keyCheck(key);
  yield keyNameCheck(keyName, tenant);
  yield clockCheck(probe);
}
