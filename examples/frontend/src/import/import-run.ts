/**
 * One import, from the first file that is dropped to the last outcome. It lives beside the page's views, so that a run goes on while
 * somebody looks at the list. It holds no password and, of files, only the inputs that are under way or failed.
 */
import type { ApolloClient } from "@apollo/client";
import type { UserPfxIntendedPurpose } from "intune-pfx-client/operations";
import { client, refreshLists } from "../apollo.ts";
import { connectorOfPage, defaultNames } from "./config.ts";
import { Existing } from "./existing.ts";
import { initial, isUnderWay, needsPassword, problemOf, type State } from "./import-state.ts";
import { Parcels } from "./parcels.ts";
import type { Added, Changes, ChosenFile, Connector, Opened } from "./protocol.ts";
import { fieldsOf, judge, markRepeated, merge, type Outcome, type Row } from "./rows.ts";
import { Blocked, maxItems, Sender } from "./send.ts";
import { PfxWorker } from "./worker-client.ts";

/** People see no more than this, and a thousand files would otherwise draw the table a thousand times. */
const drawEveryMs = 100;
const filesAtOnce = 100;
/** WebCrypto works beside the worker's own thread. */
const openAtOnce = 4;

export class ImportRun {
  readonly #client: ApolloClient;
  readonly #listeners = new Set<() => void>();
  #state = initial;
  #drawing: ReturnType<typeof setTimeout> | undefined;
  #worker: PfxWorker | undefined;
  #connector: Connector | undefined;
  #keyFileName: string | undefined;
  #existing: Existing;
  #toOpen: number[] = [];
  #opening = 0;
  #sender: Sender | undefined;
  #pause = new AbortController();
  #end = new AbortController();
  readonly #parcels = new Parcels();

  constructor(apollo: ApolloClient) {
    this.#client = apollo;
    this.#existing = new Existing(apollo);
  }

  // For React's useSyncExternalStore.
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly state = (): State => this.#state;

  /** The view is left: files and passwords go. A run that is under way goes on, and the outcomes of the last one stay. */
  leave(): void {
    if (this.#state.phase === "choosing") this.clear();
  }

  /** Forgets everything but the connector's key. */
  clear(): void {
    this.#end.abort();
    this.#end = new AbortController();
    this.#worker?.end();
    this.#worker = undefined;
    this.#toOpen = [];
    this.#opening = 0;
    this.#parcels.clear();
    this.#existing = new Existing(this.#client);
    const { key, keyProblem, isConfigured, purpose } = this.#state;
    this.#set({ ...initial, key, keyProblem, isConfigured, purpose });
  }

  async loadKey(): Promise<void> {
    if (this.#state.isConfigured) return;
    try {
      const connector = await connectorOfPage();
      if (connector !== undefined && this.#connector === undefined) await this.setConnector(connector, undefined);
    } catch {
      // Without a configuration a person chooses a file.
    }
    this.#set({ isConfigured: true });
  }

  async setKeyFile(file: File): Promise<void> {
    const publicKey = new Uint8Array(await file.slice(0, 1_048_577).arrayBuffer());
    await this.setConnector({ ...defaultNames, ...this.#connector, publicKey }, file.name);
  }

  /** The names of the key and of its provider on the connector's machine. */
  async setKeyNames(names: Pick<Connector, "keyName" | "providerName">): Promise<void> {
    if (this.#connector !== undefined) await this.setConnector({ ...this.#connector, ...names }, this.#keyFileName);
  }

  async setConnector(connector: Connector, fileName: string | undefined): Promise<void> {
    try {
      const facts = await this.#working().call("setConnector", connector);
      this.#connector = connector;
      this.#keyFileName = fileName;
      const { keyName, providerName } = connector;
      this.#set({ key: { ...facts, fileName, keyName, providerName }, keyProblem: undefined });
      this.#openAgain(() => true);
    } catch (error) {
      this.#set({ keyProblem: problemOf(error) });
    }
    this.#endIdleWorker();
  }

  async setPurpose(purpose: UserPfxIntendedPurpose | undefined): Promise<void> {
    this.#set({ purpose });
    if (this.#worker === undefined) return;
    await this.#worker.call("setDefaultPurpose", purpose);
    this.#openAgain((row) => row.givenPurpose === undefined && row.changes.purpose === undefined);
  }

  async add(files: readonly ChosenFile[]): Promise<void> {
    if (files.length === 0 || isUnderWay(this.#state.phase)) return;
    if (this.#state.phase === "done") this.clear();
    this.#set({ isAdding: true });
    try {
      await this.#prepareWorker();
      // A thousand files at once would keep the page busy for a third of a second.
      for (let start = 0; start < files.length; start += filesAtOnce) {
        await this.#working().call("take", files.slice(start, start + filesAtOnce));
      }
      this.#take(await this.#working().call("describe"));
    } catch (error) {
      this.#set({ notes: [problemOf(error).message] });
    }
    this.#set({ isAdding: false });
  }

  async remove(id: number): Promise<void> {
    if (this.#worker !== undefined && this.#state.phase === "choosing")
      this.#take(await this.#worker.call("remove", id));
  }

  /** Each certificate of the files that have several becomes a row. */
  async splitAll(): Promise<void> {
    const several = this.#state.rows.flatMap(({ id, problem }): [number, readonly string[]][] =>
      problem?.thumbprints === undefined ? [] : [[id, problem.thumbprints]],
    );
    if (this.#worker !== undefined) this.#take(await this.#worker.call("split", several));
  }

  /** For one row, or for all that wait for a password. The text goes to the worker, and is kept nowhere else. */
  async setPassword(password: string, id?: number): Promise<void> {
    await this.#worker?.call("setPassword", password, id);
    this.#openAgain((row) => row.id === id || (id === undefined && needsPassword(row)));
  }

  /** A correction. After the run it changes what is sent again. */
  change(id: number, changes: Changes): void {
    const row = this.#state.rows.find((each) => each.id === id);
    if (row === undefined || isUnderWay(this.#state.phase)) return;
    const all = { ...row.changes, ...changes };
    if (this.#state.phase === "done" && row.facts !== undefined && this.#parcels.has(id)) {
      this.#patch(id, { changes: all, facts: { ...row.facts, ...this.#parcels.change(id, all) } });
      return;
    }
    this.#patch(id, { changes: all });
    this.#openAgain((each) => each.id === id);
  }

  takeExpired(id: number): void {
    this.#patch(id, { takesExpired: true });
  }

  /** Sends what is ready; after a run what failed in it. */
  async start(): Promise<void> {
    const { phase, rows } = this.#state;
    if (phase !== "choosing" && phase !== "done") return; // a second click
    const isAgain = phase === "done";
    const toSend = rows.filter((row) => (isAgain ? this.#parcels.has(row.id) : judge(row).status === "ready"));
    if (toSend.length === 0) return;
    for (const { id } of toSend) this.#patch(id, { outcome: { kind: "notTried" } });
    this.#set({ phase: "sending", failure: undefined, startedAtMs: Date.now(), total: toSend.length });
    this.#sender = this.#newSender();
    this.#pause = new AbortController();
    const ids = toSend.map(({ id }) => id);
    if (!isAgain) await this.#worker?.call("forgetPasswords", ids);
    await this.#run(ids);
  }

  pause(): void {
    if (this.#state.phase !== "sending") return;
    this.#set({ phase: "pausing" });
    this.#pause.abort();
  }

  async resume(): Promise<void> {
    if (this.#state.phase !== "paused") return;
    this.#set({ phase: "sending", failure: undefined });
    this.#pause = new AbortController();
    this.#sender?.resume();
    await this.#run(this.#state.rows.filter(({ outcome }) => outcome?.kind === "notTried").map(({ id }) => id));
  }

  /** Ends a paused run: what has no outcome is not tried. */
  stop(): void {
    if (this.#state.phase === "paused") this.#finish();
  }

  async #run(ids: readonly number[]): Promise<void> {
    const { signal } = this.#end;
    let left = ids;
    try {
      while (left.length > 0 && !this.#pause.signal.aborted) {
        const parcels = await this.#parcels.pack(left.slice(0, maxItems), this.#worker);
        if (parcels.length === 0) break;
        left = left.slice(parcels.length);
        await this.#sender?.send(parcels);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#set({ failure: error instanceof Blocked ? error.failure : error });
    }
    if (signal.aborted) return;
    // What was under way when the run paused has no outcome.
    const rows = this.#state.rows.map(
      (row): Row => (row.outcome?.kind === "sending" ? { ...row, outcome: { kind: "notTried" } } : row),
    );
    this.#set({ rows, wait: undefined });
    if (rows.some(({ outcome }) => outcome?.kind === "notTried")) this.#set({ phase: "paused" });
    else this.#finish();
    await refreshLists().catch(() => {});
  }

  #newSender(): Sender {
    return new Sender({
      client: this.#client,
      paused: () => this.#pause.signal,
      ended: this.#end.signal,
      onOutcome: (id, outcome) => this.#note(id, outcome),
      onWait: (wait) => this.#set({ wait }),
    });
  }

  #note(id: number, outcome: Outcome): void {
    if (outcome.kind === "created" || outcome.kind === "alreadyThere") this.#parcels.delete(id);
    this.#patch(id, { outcome });
  }

  /** The worker ends with the run. Of the inputs only those that failed stay, to be sent again. */
  #finish(): void {
    this.#parcels.keep(this.#state.rows.flatMap(({ id, outcome }) => (outcome?.kind === "failed" ? [id] : [])));
    this.#worker?.end();
    this.#worker = undefined;
    this.#set({ phase: "done", wait: undefined });
  }

  #take({ rows, notes }: Added): void {
    const before = new Map(this.#state.rows.map((row) => [row.id, row]));
    this.#set({ rows: rows.map((described) => merge(described, before.get(described.id))), notes });
    this.#openAgain(({ state }) => state === "opening");
    this.#settle();
  }

  #openAgain(isWanted: (row: Row) => boolean): void {
    if (this.#state.phase !== "choosing") return;
    const wanted = this.#state.rows.filter((row) => row.givenProblem === undefined && isWanted(row));
    const ids = new Set(wanted.map(({ id }) => id));
    if (ids.size === 0) return;
    const rows = this.#state.rows.map((row): Row => (ids.has(row.id) ? { ...row, state: "opening" } : row));
    this.#set({ rows });
    this.#toOpen = [...this.#toOpen.filter((id) => !ids.has(id)), ...ids];
    while (this.#opening < openAtOnce && this.#opening < this.#toOpen.length) void this.#openNext();
  }

  async #openNext(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#opening += 1;
    for (let id = this.#toOpen.shift(); id !== undefined && worker === this.#worker; id = this.#toOpen.shift()) {
      const changes = this.#state.rows.find((row) => row.id === id)?.changes ?? {};
      const opened: Opened = await worker.call("open", id, changes).catch((error) => ({ problem: problemOf(error) }));
      // Somebody has corrected the row meanwhile: it is opened once more.
      if (worker === this.#worker && !this.#toOpen.includes(id)) this.#patch(id, fieldsOf(opened));
    }
    if (worker !== this.#worker) return;
    this.#opening -= 1;
    if (this.#opening === 0) this.#settle();
  }

  /** All files are open as far as they can be: asks what Intune has already. */
  #settle(): void {
    this.#set({ rows: markRepeated(this.#state.rows) });
    if (this.#state.rows.some(({ facts, presence }) => facts !== undefined && presence === undefined))
      void this.#look();
  }

  async #look(): Promise<void> {
    if (this.#state.isLooking) return;
    const existing = this.#existing;
    this.#set({ isLooking: true });
    try {
      const users = this.#state.rows.flatMap(({ facts }) => facts?.user ?? []);
      await existing.read(users, this.#end.signal);
    } catch {
      // Nothing is lost: what is there already is answered so when it is sent.
      if (existing === this.#existing)
        this.#addNote("What Intune has already can't be read now. It shows when you import.");
    }
    if (existing !== this.#existing) return;
    const rows = this.#state.rows.map(
      (row): Row => (row.facts === undefined ? row : { ...row, presence: existing.find(row.facts) ?? "absent" }),
    );
    this.#set({ rows, isLooking: false });
    const { keyName } = this.#state.key ?? {};
    if (keyName !== undefined && existing.namesKey(keyName) === false) {
      this.#addNote(
        `No certificate in this tenant names the key "${keyName}" yet. Devices can't open files that are sent under a wrong name.`,
      );
    }
  }

  #addNote(note: string): void {
    if (!this.#state.notes.includes(note)) this.#set({ notes: [...this.#state.notes, note] });
  }

  #working(): PfxWorker {
    this.#worker ??= new PfxWorker();
    return this.#worker;
  }

  /** A new worker knows neither key nor purpose. */
  async #prepareWorker(): Promise<void> {
    if (this.#worker !== undefined) return;
    const worker = this.#working();
    if (this.#connector !== undefined) await worker.call("setConnector", this.#connector);
    await worker.call("setDefaultPurpose", this.#state.purpose);
  }

  /** The worker that has read the key has nothing else to do. */
  #endIdleWorker(): void {
    if (this.#state.rows.length > 0 || this.#state.isAdding) return;
    this.#worker?.end();
    this.#worker = undefined;
  }

  #patch(id: number, fields: Partial<Row>): void {
    this.#set({ rows: this.#state.rows.map((row): Row => (row.id === id ? { ...row, ...fields } : row)) });
  }

  #set(fields: Partial<State>): void {
    this.#state = { ...this.#state, ...fields };
    const isUrgent = "phase" in fields || "key" in fields;
    if (isUrgent) {
      clearTimeout(this.#drawing);
      this.#drawing = undefined;
      for (const listener of this.#listeners) listener();
      return;
    }
    this.#drawing ??= setTimeout(() => {
      this.#drawing = undefined;
      for (const listener of this.#listeners) listener();
    }, drawEveryMs);
  }
}

export const importRun = new ImportRun(client);
