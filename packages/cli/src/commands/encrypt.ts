/** `intune-pfx encrypt`: writes the variables of the GraphQL mutation, and sends nothing. */
import type { OptionValues } from "../arguments/parse-arguments.ts";
import { ExitCode } from "../cli-error.ts";
import { printable } from "../files/printable.ts";
import { collectEntries } from "../import/entries.ts";
import { ImportChecks } from "../import/import-checks.ts";
import type { Entry, Item, Result } from "../import/item.ts";
import { type OpenContext, openEntry } from "../import/open-entry.ts";
import type { Io } from "../io.ts";
import { JsonLines } from "../output/json-lines.ts";
import { count } from "../output/words.ts";
import { readSettings, requireSettings } from "../settings/settings.ts";
import { adviceOnCount, chooseDestination, variablesText } from "./encrypt/variables.ts";
import { readFilePasswords } from "./file-passwords.ts";
import { createNote } from "./notes.ts";
import { readConnectorKey } from "./read-connector-key.ts";
import { untilInterrupted } from "./until-interrupted.ts";

/**
 * All or nothing: where a file fails, nothing is written.
 *
 * @returns 0, or 1 where a file failed
 * @throws {CliError} exit code 64 for wrong options, paths, lists and keys, and where the variables have nowhere to go
 */
export async function encryptCommand(positionals: readonly string[], values: OptionValues, io: Io): Promise<ExitCode> {
  const isJson = values.json === true;
  const note = createNote(io, isJson);
  const json = new JsonLines(io);
  const destination = chooseDestination(values, io);
  const { keyName, key, provider, padding, protection } = requireSettings(readSettings(values, io), ["key", "keyName"]);
  const { entries, notes } = await collectEntries(positionals, values, "encrypt", io);
  const publicKey = await readConnectorKey(key);
  const passwords = await readFilePasswords(values, io, { isForSeveral: entries.length > 1, note });
  for (const each of notes) note(each);

  const { items, results } = await untilInterrupted(io, (signal) => {
    const connector = { publicKey, keyName, providerName: provider, paddingScheme: padding, protection };
    const context = { connector, passwords, all: values.all === true, now: io.now(), signal };
    return prepareAll(entries, context, new ImportChecks({ allowExpired: values["allow-expired"] === true }));
  });
  const failures = results.filter(({ outcome }) => outcome === "failed");
  const isWritten = failures.length === 0 && items.length > 0;
  if (isWritten) destination.write(variablesText(items.map(({ input }) => input)));

  if (isJson) {
    const outcome = isWritten ? "encrypted" : "notWritten";
    for (const { entry, facts } of items) json.write("item", { source: entry.source, outcome, ...facts });
    for (const each of results) json.write("item", { ...each, facts: undefined });
    const file = isWritten ? destination.file : undefined;
    json.write("end", { encrypted: isWritten ? items.length : 0, failed: failures.length, file });
  } else {
    for (const { entry, facts } of items) {
      for (const { code, message } of facts.warnings) note(line(entry.source, `${message} (${code}, a warning)`));
    }
    for (const { source, message = "", code = "" } of results) note(line(source, `${message} (${code})`));
    note(closing(items.length, failures.length, destination.file));
  }
  const advice = isWritten ? adviceOnCount(items.length) : undefined;
  if (advice !== undefined) note(advice);
  return failures.length > 0 ? ExitCode.FAILED : ExitCode.DONE;
}

async function prepareAll(
  entries: readonly Entry[],
  context: OpenContext,
  checks: ImportChecks,
): Promise<{ items: Item[]; results: Result[] }> {
  const items: Item[] = [];
  const results: Result[] = [];
  for (const entry of entries) {
    for (const opened of await openEntry(entry, context)) {
      const checked = checks.check(opened);
      if ("item" in checked) items.push(checked.item);
      else results.push(checked.result);
    }
    context.signal.throwIfAborted();
  }
  return { items, results };
}

function line(source: string, message: string): string {
  return `${printable(source)}\n  ${printable(message)}`;
}

function closing(encrypted: number, failed: number, file: string | undefined): string {
  const total = encrypted + failed;
  if (failed > 0) return `Nothing was written: ${failed} of ${count(total, "certificate")} failed.`;
  if (encrypted === 0) return "There are no .pfx or .p12 files. Nothing was written.";
  return `${count(encrypted, "certificate")} written${file === undefined ? "" : ` to ${printable(file)}`}. Nothing was sent.`;
}
