/**
 * The worker that has files and passwords. It opens the files, says what is in them, and gives out the inputs that are sent.
 * Passwords and private keys stay in here, and go when the worker ends.
 */
import { PfxError, prepareUserPfxCertificate, readPublicKey } from "intune-pfx-client";
import type { CreateUserPfxCertificateInput, UserPfxIntendedPurpose } from "intune-pfx-client/operations";
import { isRead, type Source, sourcesOf } from "./chosen-files.ts";
import type { Added, Answer, Call, Changes, ChosenFile, Connector, Facts, KeyFacts, Opened } from "./protocol.ts";

/** More is not kept, but prepared again when it is sent: some thousand ordinary files. */
const maxKeptCharacters = 64 * 1024 * 1024;
/** The library reads no more. */
const maxFileBytes = 8 * 1024 * 1024;

interface Entry {
  readonly id: number;
  readonly source: Source;
  changes: Changes;
  input: CreateUserPfxCertificateInput | undefined;
}

const chosen = new Map<string, ChosenFile>();
const ids = new Map<string, number>();
let entries = new Map<number, Entry>();
const removed = new Set<number>();
/** The latest opening of each row. It may have ended. */
const openings = new Map<number, Promise<Opened>>();
/** Files whose certificates are rows of their own, by key. */
const splits = new Map<string, readonly string[]>();
const ownPasswords = new Map<string, string>();
let notes: string[] = [];
let sharedPassword: string | undefined;
let defaultPurpose: UserPfxIntendedPurpose | undefined;
let connector: Connector | undefined;
let keptCharacters = 0;

const actions = {
  /** @throws {PfxError} where the key can't be used */
  async setConnector(given: Connector): Promise<KeyFacts> {
    const { bits, fingerprint } = await readPublicKey(given.publicKey);
    connector = given;
    return { bits, fingerprint };
  },

  /** For files whose list or row says none. */
  setDefaultPurpose(purpose: UserPfxIntendedPurpose | undefined): void {
    defaultPurpose = purpose;
  },

  /** Takes files; {@link describe} makes rows of them. */
  take(files: readonly ChosenFile[]): void {
    for (const each of files) chosen.set(each.path, each);
    // What was removed comes back when it is dropped again.
    const keys = new Set(files.map(({ path }) => `file ${path}`));
    const lists = files.filter(isRead).flatMap(({ file: { name } }) => [`list ${name} `, `json ${name} `]);
    for (const [key, id] of ids) {
      if (keys.has(key) || lists.some((beginning) => key.startsWith(beginning))) removed.delete(id);
    }
  },

  async describe(): Promise<Added> {
    const described = await sourcesOf([...chosen.values()]);
    ({ notes } = described);
    const before = entries;
    entries = new Map();
    for (const source of described.sources) {
      const thumbprints = splits.get(source.key);
      for (const each of thumbprints === undefined ? [source] : parts(source, thumbprints)) place(each, before);
    }
    return all();
  },

  /** A list that is removed counts no longer: its files are rows by themselves again. */
  async remove(id: number): Promise<Added> {
    const entry = entries.get(id);
    if (entry === undefined) return all();
    if (entry.source.problem?.code !== "LIST_INVALID") {
      removed.add(id);
      entries.delete(id);
      return all();
    }
    for (const [path, { file }] of chosen) if (file.name === entry.source.name) chosen.delete(path);
    return actions.describe();
  },

  /** Each certificate of these files that has a key becomes a row of its own. */
  split(thumbprintsById: readonly (readonly [number, readonly string[]])[]): Promise<Added> {
    for (const [id, thumbprints] of thumbprintsById) {
      const entry = entries.get(id);
      if (entry === undefined) continue;
      splits.set(entry.source.key, thumbprints);
      const password = ownPasswords.get(entry.source.key);
      // The parts have the password of the file that they are of.
      for (const { key } of parts(entry.source, thumbprints))
        if (password !== undefined) ownPasswords.set(key, password);
    }
    return actions.describe();
  },

  /** For one row, or for all that have none of their own. */
  setPassword(password: string, id?: number): void {
    const entry = id === undefined ? undefined : entries.get(id);
    if (entry === undefined) sharedPassword = password;
    else ownPasswords.set(entry.source.key, password);
  },

  /** Opens the file of a row. Two calls for one row run one after the other, so the answer to the later call comes last. */
  open(id: number, changes: Changes): Promise<Opened> {
    const opened = (openings.get(id) ?? Promise.resolve()).then(() => openEntry(id, changes));
    openings.set(id, opened);
    return opened;
  },

  /** The inputs of the first of these rows that fit into `maxCharacters` together, one at least. */
  async inputs(rows: readonly number[], maxCharacters: number): Promise<CreateUserPfxCertificateInput[]> {
    const inputs: CreateUserPfxCertificateInput[] = [];
    let characters = 0;
    for (const id of rows) {
      const entry = entries.get(id);
      if (entry === undefined) break;
      const input = entry.input ?? (await prepareAgain(entry));
      characters += JSON.stringify(input).length + 1;
      if (inputs.length > 0 && characters > maxCharacters) break;
      inputs.push(input);
    }
    return inputs;
  },

  /** Called before anything is sent: passwords are needed no longer, unless files have to be prepared again. */
  forgetPasswords(toSend: readonly number[]): void {
    if (toSend.some((id) => entries.get(id)?.input === undefined)) return;
    sharedPassword = undefined;
    ownPasswords.clear();
    chosen.clear();
    for (const [id, entry] of entries) {
      const { password: _, ...source } = entry.source;
      entries.set(id, { ...entry, source });
    }
  },
};
export type Actions = typeof actions;

async function openEntry(id: number, changes: Changes): Promise<Opened> {
  const entry = entries.get(id);
  if (entry === undefined) return { problem: { code: "REMOVED", message: "this row is no longer there" } };
  entry.changes = changes;
  if (entry.source.input !== undefined) return { facts: changeInput(entry, entry.source.input) };
  const password = passwordOf(entry);
  try {
    return { facts: await prepare(entry, password ?? "") };
  } catch (error) {
    // The person entered another password while the file was being opened.
    if (passwordOf(entry) !== password) return openEntry(id, changes);
    const problem = problemOf(error);
    const isLocked = problem.code === "WRONG_PASSWORD" && password === undefined;
    return { problem: isLocked ? { code: "PASSWORD_NEEDED", message: "needs its password" } : problem };
  }
}

function place(source: Source, before: ReadonlyMap<number, Entry>): void {
  const id = ids.get(source.key) ?? ids.size + 1;
  ids.set(source.key, id);
  if (removed.has(id)) return;
  const known = before.get(id);
  entries.set(id, {
    id,
    source,
    changes: known?.changes ?? {},
    input: known?.input,
  });
}

function all(): Added {
  const rows = [...entries.values()].map(({ id, source: { name, user, purpose, problem } }) => ({
    id,
    name,
    user,
    purpose,
    problem,
  }));
  return { rows, notes };
}

function passwordOf({ source }: Entry): string | undefined {
  return ownPasswords.get(source.key) ?? source.password ?? sharedPassword;
}

/** Each certificate of a file that has several, as a source of its own. */
function parts(source: Source, thumbprints: readonly string[]): Source[] {
  return thumbprints.map((thumbprint) => ({
    ...source,
    key: `${source.key} ${thumbprint}`,
    name: `${source.name} ${thumbprint.slice(0, 8)}`,
    thumbprint,
  }));
}

async function prepare(entry: Entry, password: string): Promise<Facts> {
  const { source, changes } = entry;
  const file = source.file;
  if (file === undefined) throw new PfxError("NOT_A_PFX", "there is no file");
  if (file.size > maxFileBytes) {
    throw new PfxError("TOO_LARGE", `the file has ${file.size} bytes; at most ${maxFileBytes} are read`);
  }
  if (connector === undefined) throw new PfxError("KEY_UNREADABLE", "choose the connector's public key first");
  const bytes = new Uint8Array(await file.arrayBuffer());
  const options = {
    ...connector,
    userPrincipalName: changes.user ?? source.user,
    intendedPurpose: changes.purpose ?? source.purpose ?? defaultPurpose,
    thumbprint: changes.thumbprint ?? source.thumbprint,
    // What Intune has already is no failure because it has expired since: the page decides.
    allowExpired: true,
  };
  const { input, certificate, userSource, warnings } = await prepareUserPfxCertificate(bytes, password, options);
  const userFrom = changes.user === undefined ? source.userFrom : undefined;
  refuseOtherUser(userFrom, input.userPrincipalName, certificate.userPrincipalNames);
  keep(entry, input);
  const fromEmail = {
    code: "USER_FROM_EMAIL",
    message: `the user was taken from the certificate's e-mail address ${input.userPrincipalName}`,
  };
  return factsOf(input, userFrom ?? userSource, [...warnings, ...(userSource === "emailAddress" ? [fromEmail] : [])]);
}

/** A file's name must not give a certificate to somebody whom it does not name. */
function refuseOtherUser(userFrom: Source["userFrom"], user: string, names: readonly string[]): void {
  const [only, ...others] = names;
  if (userFrom !== "file name" || only === undefined || others.length > 0) return;
  if (only.toLowerCase() === user.toLowerCase()) return;
  throw new OtherUser(`the file's name says ${user}, the certificate ${only}; say who it is`);
}

class OtherUser extends Error {
  readonly code = "USER_DIFFERS";
}

function keep(entry: Entry, input: CreateUserPfxCertificateInput): void {
  keptCharacters -= entry.input?.encryptedPfxBlob.length ?? 0;
  const fits = keptCharacters + input.encryptedPfxBlob.length <= maxKeptCharacters;
  entry.input = fits ? input : undefined;
  if (fits) keptCharacters += input.encryptedPfxBlob.length;
}

async function prepareAgain(entry: Entry): Promise<CreateUserPfxCertificateInput> {
  const room = keptCharacters;
  keptCharacters = 0; // what is made here is sent at once
  try {
    await prepare(entry, passwordOf(entry) ?? "");
    if (entry.input === undefined) throw new PfxError("TOO_LARGE", "the file is too large to be sent");
    return entry.input;
  } finally {
    entry.input = undefined;
    keptCharacters = room;
  }
}

function changeInput(entry: Entry, given: CreateUserPfxCertificateInput): Facts {
  const { user = given.userPrincipalName, purpose = given.intendedPurpose } = entry.changes;
  entry.input = { ...given, userPrincipalName: user.trim(), intendedPurpose: purpose };
  return factsOf(entry.input, "JSON", []);
}

function factsOf(
  input: CreateUserPfxCertificateInput,
  userSource: Facts["userSource"],
  warnings: Facts["warnings"],
): Facts {
  const { userPrincipalName, intendedPurpose, encryptedPfxBlob: _, encryptedPfxPassword: __, ...rest } = input;
  return { ...rest, user: userPrincipalName, purpose: intendedPurpose, userSource, warnings };
}

function problemOf(error: unknown) {
  if (error instanceof PfxError) {
    const { code, message, details } = error;
    return { code, message, thumbprints: details?.thumbprints };
  }
  if (error instanceof OtherUser) return { code: error.code, message: error.message };
  if (error instanceof DOMException)
    return { code: "FILE_UNREADABLE", message: "the file can't be read; drop it again" };
  return { code: "UNEXPECTED", message: "this page failed at this file; report it" };
}

addEventListener("message", async ({ data }: MessageEvent<Call>) => {
  const { call, action, args } = data;
  let answer: Answer;
  try {
    const chosenAction = Object.entries(actions).find(([name]) => name === action)?.[1];
    if (chosenAction === undefined) throw new Error(`no action ${action}`);
    answer = { call, value: await Reflect.apply(chosenAction, actions, args) };
  } catch (error) {
    answer = { call, problem: problemOf(error) };
  }
  postMessage(answer);
});
