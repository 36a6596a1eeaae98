/** `intune-pfx setup`: asks for gateway, sign-in and connector's key, tests them, and saves them for this user. */
import path from "node:path";
import type { OptionValues } from "../arguments/parse-arguments.ts";
import { ExitCode } from "../cli-error.ts";
import { printable } from "../files/printable.ts";
import { canPrompt, type Io } from "../io.ts";
import { JsonLines } from "../output/json-lines.ts";
import { createPrompts } from "../output/prompts.ts";
import type { ConfigFile } from "../settings/config-file.ts";
import { checkGateway, readSettings, type Settings } from "../settings/settings.ts";
import type { AuthMode } from "../sign-in/sign-in.ts";
import { connect } from "./connect.ts";
import { signInText } from "./doctor/sign-in-checks.ts";
import { compareKeyName, readTenant } from "./doctor/tenant.ts";
import { createNote } from "./notes.ts";
import { refusePositionals } from "./refuse-positionals.ts";
import { Answers } from "./setup/answers.ts";
import { configTarget, readSaved, saveConfig } from "./setup/save-config.ts";
import { chooseAuth, completeSignIn, neededFor } from "./setup/sign-in-settings.ts";
import { failed, keyText, testGateway, testKey, testSignIn } from "./setup/test-settings.ts";
import { untilInterrupted } from "./until-interrupted.ts";

/**
 * Each answer is tested before the next question. Where a test fails, nothing is saved.
 *
 * @returns 0
 * @throws {CliError} exit code 64 where something is missing and nobody can be asked, 1 where a test failed, 4 where the
 * sign-in is not accepted
 */
export async function setupCommand(positionals: readonly string[], values: OptionValues, io: Io): Promise<ExitCode> {
  refusePositionals("setup", positionals);
  const isJson = values.json === true;
  const isPersonThere = canPrompt(io) && values["no-input"] !== true && !isJson;
  const noInput = !isPersonThere;
  const note = createNote(io, isJson);
  const prompts = isPersonThere ? createPrompts(io, { beforeQuestion() {}, isForSeveral: false }) : undefined;
  const answers = new Answers(values, prompts);
  const file = configTarget(values.config, io);
  const saved = readSaved(file, io);
  const known = readKnown(values, io, Object.keys(saved).length > 0 ? file : undefined);
  requireAtOnce(answers, known, io, noInput);

  return untilInterrupted(io, async (signal) => {
    const address = await answers.get("gateway", known.gateway?.href, (value) => void checkGateway(value));
    const withGateway = { ...known, gateway: checkGateway(address) };
    const { wantsSignIn } = await testGateway(withGateway, io, signal);
    note(`  It answers. It ${wantsSignIn ? "wants you to sign in" : "needs no sign-in"}.`);

    const { mode, isUnusual } = chooseAuth(withGateway, io, { noInput, wantsSignIn });
    const settings = await completeSignIn(withGateway, mode, answers);
    const connection = connect(settings, io, { noInput, isJson, signal });
    await testSignIn(connection, signal);
    if (mode !== "none") note(`  Signed in: ${signInText(connection.signIn, io)}.`);

    const keyFile = await answers.get("key", known.key, () => {});
    const key = path.resolve(io.folder, withoutQuotes(keyFile));
    const publicKey = await testKey(key);
    note(keyText(publicKey));

    const keyName = await answers.get("keyName", known.keyName, () => {});
    const { state, text } = compareKeyName(keyName, await readTenant(connection.session));
    if (state !== "new") note(`  ${text}.${state === "known" ? " Good." : ""}`);
    else if (prompts === undefined)
      throw failed("KEY_NAME_NEW", `${text}\nIf it is right, run setup on a terminal.`, "--key-name");
    else {
      note(`  ${text}`);
      if (!(await prompts.confirm("Save it all the same?"))) throw failed("KEY_NAME_NEW", "The key name is not right.");
    }

    saveConfig(
      file,
      { ...saved, ...toSave({ ...settings, key, keyName }, mode, values), ...(isUnusual ? { auth: mode } : {}) },
      io,
    );
    if (isJson)
      new JsonLines(io).write("saved", {
        file,
        gateway: settings.gateway.href,
        keyName,
        fingerprint: publicKey.fingerprint,
      });
    else note(`\nSaved in ${printable(file)} (no secrets).\nNext: intune-pfx import FOLDER --dry-run`);
    return ExitCode.DONE;
  });
}

/** A file that `--config` names and that is not there yet has nothing to read: the user's own settings are offered. */
function readKnown(values: OptionValues, io: Io, existing: string | undefined): Settings {
  const { config: _, ...others } = values;
  return readSettings(values.config === undefined || existing === undefined ? others : values, io);
}

/** Where nobody can be asked, everything that is known to be missing is named before the gateway is asked. */
function requireAtOnce(answers: Answers, known: Settings, io: Io, noInput: boolean): void {
  const { gateway, key, keyName } = known;
  const basic = { gateway: gateway?.href, key, keyName };
  const needed =
    gateway === undefined || !noInput
      ? []
      : neededFor(chooseAuth({ ...known, gateway }, io, { noInput, wantsSignIn: undefined }).mode);
  answers.require({ ...basic, ...Object.fromEntries(needed.map((name) => [name, known[name]])) });
}

/** What was asked or given; other settings of the file stay as they are. */
function toSave(settings: Settings & { readonly gateway: URL }, mode: AuthMode, values: OptionValues): ConfigFile {
  const { gateway, key, keyName } = settings;
  const needed = neededFor(mode).flatMap((name) => {
    const value = settings[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    gateway: gateway.href,
    ...(key === undefined ? {} : { key }),
    ...(keyName === undefined ? {} : { keyName }),
    ...(values.provider === undefined ? {} : { provider: values.provider }),
    ...(values.cloud === undefined ? {} : { cloud: values.cloud }),
    ...Object.fromEntries(needed),
  };
}

/** Windows puts quotes around a path that is dropped onto the window. */
function withoutQuotes(text: string): string {
  return text.replace(/^"(.*)"$/, "$1");
}
