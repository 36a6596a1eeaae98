/** From the paths on the command line to entries: one for each file, or for each row of a list. */
import { basename } from "node:path";
import { offeredPurposes, purposeByName, userOfFile } from "intune-pfx-client/lists";
import type { UserPfxIntendedPurpose } from "intune-pfx-client/operations";
import type { OptionValues } from "../arguments/parse-arguments.ts";
import { usageError } from "../cli-error.ts";
import { findFiles } from "../files/find-files.ts";
import type { ListRow } from "../files/list-row.ts";
import { noteIfOthersCanRead } from "../files/note-if-others-can-read.ts";
import { printable } from "../files/printable.ts";
import { readList } from "../files/read-list.ts";
import type { Io } from "../io.ts";
import type { Entry } from "./item.ts";

export interface Entries {
  readonly entries: readonly Entry[];
  /** What people should know of the lists. */
  readonly notes: readonly string[];
  /** Lists with passwords in them, and how many: to be deleted afterwards. */
  readonly passwordLists: readonly { readonly name: string; readonly count: number }[];
}

/** @throws {CliError} exit code 64 */
export async function collectEntries(
  paths: readonly string[],
  values: OptionValues,
  command: string,
  io: Io,
): Promise<Entries> {
  if (paths.length === 0) throw usageError("MISSING", `${command} needs a path: a .pfx file, a folder, or a list.`);
  const purpose = purposeOption(values.purpose);
  const { recursive, "allow-empty": allowEmpty } = values;
  const found = await findFiles(paths, { recursive, allowEmpty, command }, io);
  const entries: Entry[] = [];
  const notes: string[] = [];
  const passwordLists: { name: string; count: number }[] = [];
  for (const { kind, path, name } of found) {
    if (kind === "pfx") {
      entries.push(ofFile(path, printable(name), purpose));
      continue;
    }
    const list = await readList(name, io);
    entries.push(...list.rows.map((row) => ofRow(row, purpose)));
    const note = list.hasPasswords ? await noteIfOthersCanRead(name, io) : undefined;
    if (note !== undefined) notes.push(note);
    const ignored = list.columnsIgnored.length === 0 ? "" : ` Ignored: ${list.columnsIgnored.join(", ")}.`;
    notes.push(`Columns used: ${list.columnsUsed.join(", ")}.${ignored}`);
    if (list.hasPasswords) passwordLists.push({ name: printable(name), count: list.passwordCount });
  }
  return { entries: withOptions(entries, values), notes, passwordLists };
}

/** `undefined`: the certificate decides. */
export function purposeOption(name: string | undefined): UserPfxIntendedPurpose | undefined {
  if (name === undefined) return undefined;
  const purpose = purposeByName(name);
  if (purpose === undefined) {
    throw usageError("OPTION_INVALID", `--purpose must be one of auto, ${offeredPurposes}`, { option: "--purpose" });
  }
  return purpose === "auto" ? undefined : purpose;
}

function ofFile(path: string, name: string, purpose: UserPfxIntendedPurpose | undefined): Entry {
  const user = userOfFile(basename(path));
  return {
    source: name,
    path,
    user,
    userFrom: user === undefined ? undefined : "file name",
    purpose,
    thumbprint: undefined,
    password: undefined,
    passwordFile: undefined,
    problem: undefined,
  };
}

function ofRow(row: ListRow, purpose: UserPfxIntendedPurpose | undefined): Entry {
  const source = row.path === undefined ? row.place : `${row.place} ${printable(basename(row.path))}`;
  const entry = ofFile(row.path ?? "", source, purpose);
  if (row.problem !== undefined) return { ...entry, problem: row.problem };
  return {
    ...entry,
    ...(row.user === undefined ? {} : { user: row.user, userFrom: "list" }),
    ...(row.purpose === undefined ? {} : { purpose: row.purpose === "auto" ? undefined : row.purpose }),
    thumbprint: row.thumbprint,
    password: row.password,
    passwordFile: row.passwordFile,
  };
}

/** `--user` and `--thumbprint` are about one certificate. */
function withOptions(entries: readonly Entry[], { user, thumbprint, all }: OptionValues): readonly Entry[] {
  for (const [name, value] of Object.entries({ user, thumbprint })) {
    if (value !== undefined && entries.length > 1) {
      const option = `--${name}`;
      const message = `${option} is for one file; for several, use a list with a column "${name}".`;
      throw usageError("OPTION_INVALID", message, { option });
    }
  }
  if (thumbprint !== undefined && all) {
    throw usageError(
      "OPTION_INVALID",
      "--thumbprint names one certificate and --all takes every one; use one of them.",
      {
        option: "--thumbprint",
      },
    );
  }
  return entries.map((entry) => ({
    ...entry,
    ...(user === undefined ? {} : { user, userFrom: "option" }),
    ...(thumbprint === undefined ? {} : { thumbprint }),
  }));
}
