/**
 * `intune-pfx import`. Everything that can be wrong with options, paths, lists and keys ends the command before anything is asked
 * or sent; from then on every file has a result, whatever happens.
 */
import type { OptionValues } from "../arguments/parse-arguments.ts";
import { CliError, ExitCode, usageError } from "../cli-error.ts";
import { Passwords } from "../files/passwords.ts";
import { printable } from "../files/printable.ts";
import { dryRunText } from "../import/dry-run.ts";
import { collectEntries, type Entries } from "../import/entries.ts";
import { ImportRun } from "../import/import-run.ts";
import { createJsonView } from "../import/json-view.ts";
import type { Connector } from "../import/open-entry.ts";
import { Report } from "../import/report.ts";
import { createScreenView } from "../import/screen-view.ts";
import type { CheckedItem, ImportView } from "../import/view.ts";
import { Interrupts } from "../interrupts.ts";
import { canPrompt, type Io } from "../io.ts";
import { createPrompts, type Prompts } from "../output/prompts.ts";
import { purposeWord, roughDuration, shortFingerprint } from "../output/words.ts";
import { readSettings, requireSettings } from "../settings/settings.ts";
import { type Connection, connect } from "./connect.ts";
import { readConnectorKey } from "./read-connector-key.ts";

/** Graph's documented quota for one application in one tenant. */
const writesPerSecond = 5;

export async function importCommand(paths: readonly string[], values: OptionValues, io: Io): Promise<ExitCode> {
  const settings = requireSettings(readSettings(values, io), ["gateway", "key", "keyName"]);
  const isJson = values.json === true;
  const noInput = values["no-input"] === true;
  const canAsk = canPrompt(io) && !noInput && !isJson;
  if (values.replace === true && !canAsk && values.yes !== true && values["dry-run"] !== true) throw replaceNeedsYes();
  const collected = await collectEntries(paths, values, "import", io);
  const { keyName, provider: providerName, padding: paddingScheme, protection, gateway } = settings;
  const publicKey = await readConnectorKey(settings.key);
  const connector: Connector = { publicKey, keyName, providerName, paddingScheme, protection };

  const view = isJson ? createJsonView(io) : createScreenView(io);
  const isForSeveral = collected.entries.length > 1;
  const prompts = canAsk ? createPrompts(io, { beforeQuestion: () => view.clear(), isForSeveral }) : undefined;
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

/** What Intune has is written over only if somebody agrees. */
function replaceNeedsYes(): CliError {
  const message =
    "Nothing was sent: --replace asks before it sends again what Intune has, and nobody can be asked here. Add --yes to agree.";
  return usageError("MISSING", message, { option: "--yes" });
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
  if (failure instanceof CliError && failure.exitCode === ExitCode.USAGE && values.json !== true) {
    throw usageError(failure.code, `Nothing was sent: ${failure.message}`);
  }
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
    if (values.json !== true)
      io.stdout.write(
        dryRunText(plan, items, { summary: run.summary, seconds: total / writesPerSecond, stream: io.stdout }),
      );
    return values.json === true ? "end" : "no end";
  }
  if (total === 0) return plan.failed > 0 ? "end" : "no end";
  if (asked !== undefined && !(await confirm(job, asked, items, plan.toReplace))) {
    view.note("Nothing was sent.");
    return "no end";
  }
  await run.send(toSend, existing, total);
  return "end";
}

async function confirm(
  { view, connection, gateway, connector }: Job,
  prompts: Prompts,
  items: readonly CheckedItem[],
  replaced: number,
): Promise<boolean> {
  const toSend = items.filter(({ state }) => state !== "already there");
  const total = toSend.length;
  const [first] = toSend;
  const account = connection.signIn.account();
  const tenant = account?.tenant === undefined ? "" : `, tenant ${account.tenant}`;
  view.note(
    [
      "",
      ...(total === 1 && first !== undefined ? [`  For        ${factsText(first)}`] : []),
      `  Gateway    ${gateway.href}`,
      ...(account?.user === undefined ? [] : [`  Signed in  ${account.user}${tenant}`]),
      `  Key        ${connector.keyName}, SHA-256 ${shortFingerprint(connector.publicKey.fingerprint)}`,
      "",
    ].join("\n"),
  );
  const what = total === 1 ? "this certificate" : `${total} certificates`;
  const some = replaced === total ? "" : `, ${replaced} of them`;
  const replacing = replaced > 0 ? `${some} in the place of ${total === 1 ? "the one" : "those"} in Intune` : "";
  return prompts.confirm(`Import ${what}${replacing}? It takes ${roughDuration(total / writesPerSecond)}.`);
}

/** `anna@contoso.com, encryption, valid to 2028-11-20` */
function factsText({ facts: { user, purpose, expirationDateTime } }: CheckedItem): string {
  return `${printable(user)}, ${purposeWord(purpose)}, valid to ${expirationDateTime.slice(0, 10)}`;
}
