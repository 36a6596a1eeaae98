/**
 * `intune-pfx import`. Everything that can be wrong with options, paths, lists and keys ends the command before anything is asked
 * or sent; from then on every file has a result, whatever happens.
 */
import type { OptionValues } from "../arguments/parse-arguments.ts";
import { CliError, ExitCode } from "../cli-error.ts";
import { Passwords } from "../files/passwords.ts";
import { dryRunText } from "../import/dry-run.ts";
import { collectEntries, type Entries } from "../import/entries.ts";
import { ImportRun } from "../import/import-run.ts";
import type { Entry } from "../import/item.ts";
import { createJsonView } from "../import/json-view.ts";
import type { Connector } from "../import/open-entry.ts";
import { Report } from "../import/report.ts";
import { createScreenView } from "../import/screen-view.ts";
import type { ImportView } from "../import/view.ts";
import { Interrupts } from "../interrupts.ts";
import { canPrompt, type Io } from "../io.ts";
import { createPrompts, type Prompts } from "../output/prompts.ts";
import { roughDuration, shortFingerprint } from "../output/words.ts";
import { readSettings, requireSettings } from "../settings/settings.ts";
import { type Connection, connect } from "./connect.ts";
import { readConnectorKey } from "./read-connector-key.ts";

/** Graph's documented quota for one application in one tenant. */
const writesPerSecond = 5;

export async function importCommand(paths: readonly string[], values: OptionValues, io: Io): Promise<ExitCode> {
  const settings = requireSettings(readSettings(values, io), ["gateway", "key", "keyName"]);
  const collected = await collectEntries(paths, values, "import", io);
  const { keyName, provider: providerName, padding: paddingScheme, protection, gateway } = settings;
  const publicKey = await readConnectorKey(settings.key);
  const connector: Connector = { publicKey, keyName, providerName, paddingScheme, protection };

  const isJson = values.json === true;
  const noInput = values["no-input"] === true;
  const view = isJson ? createJsonView(io) : createScreenView(io);
  const isForSeveral = collected.entries.length > 1;
  const prompts =
    canPrompt(io) && !noInput && !isJson
      ? createPrompts(io, { beforeQuestion: () => view.clear(), isForSeveral })
      : undefined;
  const passwords = await readPasswords(values, io, view, prompts);
  const report = values.report === undefined ? undefined : new Report(values.report, io);
  let run: ImportRun | undefined;
  const interrupts = new Interrupts(io, () => {
    const underWay = run?.underWay ?? 0;
    view.interrupted(underWay);
    return underWay > 0;
  });
  try {
    const connection = connect(settings, io, {
      noInput,
      isJson,
      signal: interrupts.now,
      onWait: (wait) => view.wait(wait),
    });
    run = new ImportRun({
      session: connection.session,
      interrupts,
      view,
      report,
      open: { connector, passwords, all: values.all === true, now: io.now(), signal: interrupts.now },
      options: { replace: values.replace === true, allowExpired: values["allow-expired"] === true },
    });
    const job: Job = { values, io, view, prompts, run, report, collected, connection, connector, gateway, interrupts };
    return await perform(job);
  } finally {
    view.clear();
    interrupts.dispose();
    report?.close();
  }
}

function readPasswords(
  values: OptionValues,
  io: Io,
  view: ImportView,
  prompt: Prompts | undefined,
): Promise<Passwords> {
  const { "password-file": passwordFile, "password-stdin": passwordStdin, "password-beside": passwordBeside } = values;
  return Passwords.read({ passwordFile, passwordStdin, passwordBeside }, io, {
    prompt,
    onNote: (note) => view.note(note),
  });
}

interface Job {
  readonly values: OptionValues;
  readonly io: Io;
  readonly view: ImportView;
  readonly prompts: Prompts | undefined;
  readonly run: ImportRun;
  readonly report: Report | undefined;
  readonly collected: Entries;
  readonly connection: Connection;
  readonly connector: Connector;
  readonly gateway: URL;
  readonly interrupts: Interrupts;
}

async function perform(job: Job): Promise<ExitCode> {
  const { values, io, view, run, report, collected, connector, gateway, connection, interrupts } = job;
  const startedAtMs = io.now().getTime();
  view.start({
    gateway: gateway.href,
    account: connection.signIn.account(),
    keyName: connector.keyName,
    fingerprint: connector.publicKey.fingerprint,
    files: collected.entries.length,
    isDryRun: values["dry-run"] === true,
  });
  for (const note of collected.notes) view.note(note);
  let failure: unknown;
  try {
    if (collected.entries.length === 0) view.note("There are no .pfx or .p12 files. Nothing to do.");
    else if ((await importEntries(job)) === "no end") return run.summary.exitCode;
  } catch (error) {
    // An interrupted request ends with the signal's reason, which is nobody's failure.
    if (!interrupts.stopped.aborted) failure = error;
  }
  view.clear();
  // In JSON what ends the run comes last, as for every command.
  if (failure instanceof CliError && values.json !== true) view.note(stoppedText(failure));
  view.end({
    summary: run.summary,
    durationMs: io.now().getTime() - startedAtMs,
    report: report?.file,
    passwordLists: collected.passwordLists,
    wasInterrupted: interrupts.stopped.aborted,
  });
  if (failure instanceof CliError && values.json !== true) return failure.exitCode;
  if (failure !== undefined) throw failure;
  return interrupts.stopped.aborted ? ExitCode.INTERRUPTED : run.summary.exitCode;
}

function stoppedText({ message, code }: CliError): string {
  return `Stopped: ${message}${message.includes(`(${code})`) ? "" : ` (${code})`}`;
}

/** @returns `no end` where nothing was to be sent, so that there is nothing to sum up */
async function importEntries(job: Job): Promise<"end" | "no end"> {
  const { values, io, view, prompts, run, collected } = job;
  const existing = await run.look(collected.entries);
  const isDryRun = values["dry-run"] === true;
  const asked = values.yes === true ? undefined : prompts;
  if (!isDryRun && asked === undefined) {
    view.streaming(collected.entries.length);
    await run.send(collected.entries, existing, collected.entries.length);
    return "end";
  }
  const { plan, items, toSend } = await run.check(collected.entries, existing, isDryRun);
  view.clear();
  view.plan(plan);
  const total = plan.toImport + plan.toReplace;
  if (isDryRun) {
    if (values.json !== true) io.stdout.write(dryRunText(plan, items, run.summary, total / writesPerSecond));
    return values.json === true ? "end" : "no end";
  }
  if (total === 0) return plan.failed > 0 ? "end" : "no end";
  if (asked !== undefined && !(await confirm(job, asked, toSend, total, plan.toReplace))) {
    view.note("Nothing was sent.");
    return "no end";
  }
  await run.send(toSend, existing, total);
  return "end";
}

async function confirm(
  { view, connection, gateway, connector }: Job,
  prompts: Prompts,
  toSend: readonly Entry[],
  total: number,
  replaced: number,
): Promise<boolean> {
  const account = connection.signIn.account();
  const tenant = account?.tenant === undefined ? "" : `, tenant ${account.tenant}`;
  view.note(
    [
      "",
      `  Gateway    ${gateway.href}`,
      ...(account?.user === undefined ? [] : [`  Signed in  ${account.user}${tenant}`]),
      `  Key        ${connector.keyName}, SHA-256 ${shortFingerprint(connector.publicKey.fingerprint)}`,
      "",
    ].join("\n"),
  );
  const what = total === 1 && toSend[0] !== undefined ? "this certificate" : `${total} certificates`;
  const replacing = replaced > 0 ? `, ${replaced} of them in the place of those in Intune` : "";
  return prompts.confirm(`Import ${what}${replacing}? It takes ${roughDuration(total / writesPerSecond)}.`);
}
