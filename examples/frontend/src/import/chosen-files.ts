/** What was chosen or dropped, as a list of files. The rules are those of the command line, but that lists name files, not paths. */
import { CsvProblem, decodeText, type List, readList, userOfFile } from "intune-pfx-client/lists";
import type { CreateUserPfxCertificateInput, UserPfxIntendedPurpose } from "intune-pfx-client/operations";
import type { ChosenFile, Problem } from "./protocol.ts";

/** What becomes a row: what there is to open, and what is known of it before. */
export interface Source {
  /** The same file, row or entry has the same key when it is dropped again. */
  readonly key: string;
  readonly name: string;
  readonly file?: File;
  readonly user?: string | undefined;
  readonly userFrom?: "file name" | "list" | undefined;
  readonly purpose?: UserPfxIntendedPurpose | undefined;
  readonly thumbprint?: string | undefined;
  readonly password?: string | undefined;
  /** From a JSON file: nothing is to be opened. */
  readonly input?: CreateUserPfxCertificateInput;
  readonly problem?: Problem;
}

const maxListBytes = 64 * 1024 * 1024;
const maxJsonBytes = 256 * 1024 * 1024;
const maxPasswordBytes = 64 * 1024;
const inputProperties = [
  "thumbprint",
  "intendedPurpose",
  "userPrincipalName",
  "startDateTime",
  "expirationDateTime",
  "providerName",
  "keyName",
  "paddingScheme",
  "encryptedPfxBlob",
  "encryptedPfxPassword",
];

const isList = ({ file }: ChosenFile) => /\.(csv|tsv)$/i.test(file.name);
const isJson = ({ file }: ChosenFile) => /\.json$/i.test(file.name);

/** Whether its content says what there is to import. */
export function isRead(chosen: ChosenFile): boolean {
  return isList(chosen) || isJson(chosen);
}

/** With a list, its rows are the import: files that it does not name are left out, and named in a note. */
export async function sourcesOf(chosen: readonly ChosenFile[]): Promise<{ sources: Source[]; notes: string[] }> {
  const lists = chosen.filter(isList);
  const files = chosen.filter((each) => !isRead(each));
  const fromJson = await Promise.all(chosen.filter(isJson).map(readJson));
  if (lists.length === 0) return { sources: [...files.map(ofFile), ...fromJson.flat()], notes: [] };

  const byName = new Map<string, ChosenFile[]>();
  for (const each of files) {
    const name = folded(each.file.name);
    byName.set(name, [...(byName.get(name) ?? []), each]);
  }
  const named = new Set<File>();
  const sources: Source[] = [];
  const notes: string[] = [];
  for (const { file } of lists) {
    const read = await readListFile(file);
    if ("problem" in read) {
      sources.push({ key: `list ${file.name}`, name: file.name, problem: read.problem });
      continue;
    }
    const { list } = read;
    for (const row of list.rows) sources.push(await ofRow(row, file.name, byName, named));
    const ignored = list.columnsIgnored.length === 0 ? "" : ` Ignored: ${list.columnsIgnored.join(", ")}.`;
    notes.push(`${file.name}: columns used: ${list.columnsUsed.join(", ")}.${ignored}`);
    if (list.passwordCount > 0) {
      notes.push(`${file.name} has ${list.passwordCount} passwords: delete it after the import if nobody needs it.`);
    }
  }
  const left = files.filter(({ file }) => !named.has(file)).map(({ file }) => file.name);
  if (left.length > 0) notes.push(`Not in the list, and left out: ${shortened(left)}.`);
  return { sources: [...sources, ...fromJson.flat()], notes };
}

function ofFile({ file, path }: ChosenFile): Source {
  const user = userOfFile(file.name);
  return { key: `file ${path}`, name: file.name, file, user, userFrom: user === undefined ? undefined : "file name" };
}

async function readListFile(file: File): Promise<{ list: List } | { problem: Problem }> {
  try {
    if (file.size > maxListBytes) throw new CsvProblem("is larger than 64 MiB");
    return { list: readList(new Uint8Array(await file.arrayBuffer())) };
  } catch (error) {
    const message = error instanceof CsvProblem ? error.message : "can't be read";
    return { problem: { code: "LIST_INVALID", message: `${message}. Correct it and drop it again, or remove it.` } };
  }
}

async function ofRow(
  row: List["rows"][number],
  listName: string,
  byName: ReadonlyMap<string, readonly ChosenFile[]>,
  named: Set<File>,
): Promise<Source> {
  const place = `${listName}:${row.line}`;
  const key = `list ${listName} ${row.line}`;
  const wrong = (message: string, code = "ROW_INVALID"): Source => ({ key, name: place, problem: { code, message } });
  if (row.path === undefined) return wrong(row.problem ?? "has no path");
  const found = find(row.path, byName);
  if (typeof found === "string") return wrong(found, "FILE_NOT_FOUND");
  named.add(found);
  const name = `${place} ${found.name}`;
  if (row.problem !== undefined) return { ...wrong(row.problem), name };
  let password = row.password;
  if (password === undefined && row.passwordFile !== undefined) {
    const file = find(row.passwordFile, byName);
    if (typeof file === "string") return { ...wrong(file, "PASSWORD_FILE_NOT_FOUND"), name };
    named.add(file);
    const text = file.size > maxPasswordBytes ? undefined : decodeText(new Uint8Array(await file.arrayBuffer()));
    if (text === undefined) return { ...wrong("the password file can't be read", "PASSWORD_FILE_UNREADABLE"), name };
    password = text.replace(/\r?\n$/, "");
  }
  const fromName = userOfFile(found.name);
  return {
    key,
    name,
    file: found,
    user: row.user ?? fromName,
    userFrom: row.user !== undefined ? "list" : fromName !== undefined ? "file name" : undefined,
    purpose: row.purpose === "auto" ? undefined : row.purpose,
    thumbprint: row.thumbprint,
    password,
  };
}

/** A browser tells no folders of chosen files, so that the name counts; of dropped folders the path counts where names repeat. */
function find(path: string, byName: ReadonlyMap<string, readonly ChosenFile[]>): File | string {
  const parts = path.split(/[\\/]/).filter((part) => part !== "" && part !== ".");
  const same = byName.get(folded(parts.at(-1) ?? "")) ?? [];
  const [only, ...others] = same;
  if (only === undefined) return `there is no file ${path} among those that you chose`;
  if (others.length === 0) return only.file;
  const wanted = folded(`/${parts.join("/")}`);
  const [exact, ...more] = same.filter((each) => `/${folded(each.path)}`.endsWith(wanted));
  return exact !== undefined && more.length === 0 ? exact.file : `there are ${same.length} files ${path}`;
}

async function readJson({ file }: ChosenFile): Promise<Source[]> {
  const wrong = (message: string, key = "", name = file.name): Source => ({
    key: `json ${file.name}${key}`,
    name,
    problem: { code: "JSON_INVALID", message },
  });
  const items = file.size > maxJsonBytes ? undefined : itemsIn(decodeText(new Uint8Array(await file.arrayBuffer())));
  if (items === undefined || items.length === 0) return [wrong("this is no JSON that intune-pfx encrypt writes")];
  return items.map((item, index) => {
    const key = ` ${index}`;
    const name = items.length === 1 ? file.name : `${file.name} ${index + 1}`;
    const missing = inputProperties.filter((property) => !(property in item));
    if (missing.length > 0) return wrong(`has no ${missing.join(", ")}`, key, name);
    // The gateway checks the values; what it finds wrong is shown in this row.
    return { key: `json ${file.name}${key}`, name, input: item as CreateUserPfxCertificateInput };
  });
}

/** `{"input":…}`, `{"inputs":[…]}`, or the array itself. */
function itemsIn(text: string | undefined): object[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text ?? "");
    const inputs = isObject(parsed) && "inputs" in parsed ? parsed.inputs : parsed;
    const items = isObject(inputs) && "input" in inputs ? [inputs.input] : inputs;
    return Array.isArray(items) && items.every(isObject) ? items : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function folded(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

export function shortened(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : names.join(", ");
}
