/** `intune-pfx list`: certificates in Intune, and users who have none. */
import type { OptionValues } from "../arguments/parse-arguments.ts";
import { ExitCode } from "../cli-error.ts";
import { printable } from "../files/printable.ts";
import type { Session } from "../gateway/session.ts";
import { type ExistingCertificate, readCertificates } from "../import/existing.ts";
import type { Io } from "../io.ts";
import { JsonLines } from "../output/json-lines.ts";
import { ProgressLine } from "../output/progress-line.ts";
import { count } from "../output/words.ts";
import { readSettings, requireSettings } from "../settings/settings.ts";
import { connect } from "./connect.ts";
import { closingOfMissing, closingOfRows } from "./list/closing.ts";
import { findMissing } from "./list/missing.ts";
import {
  certificateTable,
  type ListTable,
  missingTable,
  printTable,
  writeCertificates,
  writeCsv,
  writeMissing,
} from "./list/output.ts";
import { toRows } from "./list/rows.ts";
import { readSelection, type Selection, selectRows } from "./list/selection.ts";
import { createNote } from "./notes.ts";
import { refusePositionals } from "./refuse-positionals.ts";
import { untilInterrupted } from "./until-interrupted.ts";

/** More users than this, and the whole collection is read instead of each user's certificates. */
const fewUsers = 20;

/**
 * @returns 0, also where users are missing certificates: that is what was asked for
 * @throws {CliError} exit code 64 for wrong options and files, 2 and 4 where certificates can't be read
 */
export async function listCommand(positionals: readonly string[], values: OptionValues, io: Io): Promise<ExitCode> {
  refusePositionals("list", positionals);
  const isJson = values.json === true;
  const note = createNote(io, isJson);
  const json = new JsonLines(io);
  const settings = requireSettings(readSettings(values, io), ["gateway"]);
  const selection = await readSelection(values, io);
  const progress = new ProgressLine(io);
  const certificates = await untilInterrupted(io, async (signal) => {
    const { session } = connect(settings, io, {
      noInput: values["no-input"] === true,
      isJson,
      signal,
      patienceMs: 60_000,
      onWait(wait) {
        if (wait === undefined) progress.clear();
        else if (isJson) json.write("wait", { seconds: wait.seconds, code: wait.code });
        else progress.show([`Waiting ${wait.seconds} s: ${wait.message}`]);
      },
    });
    try {
      return await readAll(session, selection, (read) => {
        if (!isJson) progress.show([`Reading ${count(read, "certificate")}`]);
      });
    } finally {
      progress.clear();
    }
  });
  const now = io.now();
  const all = toRows(certificates, now);

  if (selection.missing !== undefined) {
    const missing = findMissing(selection.users?.users ?? [], all, now);
    if (isJson) writeMissing(json, missing);
    show(missingTable(missing));
    if (isJson) json.write("end", { users: selection.users?.users.length, missing: missing.length });
    else note(closingOfMissing(missing.length, selection));
    return ExitCode.DONE;
  }
  const rows = selectRows(all, selection, now);
  if (isJson) writeCertificates(json, rows);
  const areIdsShown = show(certificateTable(rows, now, { showIds: selection.user !== undefined }));
  if (isJson) json.write("end", { certificates: rows.length });
  else note(closingOfRows(rows, selection, now));
  if (!areIdsShown) note("The window is too narrow for ids, which 'delete' takes: --csv FILE and --json have them.");
  return ExitCode.DONE;

  /** Returns whether everything fitted. */
  function show(table: ListTable): boolean {
    if (values.csv !== undefined) {
      const file = writeCsv(table, values.csv, io);
      if (isJson) json.write("written", { file });
      else note(`Written to ${printable(file)}`);
      return true;
    }
    return isJson || printTable(table, io);
  }
}

/** User and purpose are for the gateway to filter; the rest needs all certificates of a user, to know of newer ones. */
async function readAll(
  session: Session,
  { user, users, purpose }: Selection,
  onRead: (count: number) => void,
): Promise<ExistingCertificate[]> {
  const wanted = user === undefined ? users?.users : [user];
  const certificates: ExistingCertificate[] = [];
  const read = async (filter: NonNullable<Parameters<typeof readCertificates>[1]>) => {
    for await (const certificate of readCertificates(session, filter)) {
      certificates.push(certificate);
      onRead(certificates.length);
    }
  };
  const ofPurpose = purpose === undefined ? {} : { intendedPurpose: purpose };
  if (wanted !== undefined && wanted.length <= fewUsers) {
    for (const userPrincipalName of wanted) await read({ ...ofPurpose, userPrincipalName });
    return certificates;
  }
  await read(ofPurpose);
  const names = wanted && new Set(wanted.map((each) => each.toLowerCase()));
  return certificates.filter(
    ({ userPrincipalName }) => names === undefined || names.has(userPrincipalName?.toLowerCase() ?? ""),
  );
}
