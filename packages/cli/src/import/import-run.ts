/**
 * One import from the files to the last result. The phases stand in order: look what is there, open and compare, ask, send. No
 * state is kept between runs: what Intune has tells what is left to do.
 */
import { CliError, ExitCode } from "../cli-error.ts";
import type { Session } from "../gateway/session.ts";
import type { Interrupts } from "../interrupts.ts";
import { ahead } from "./ahead.ts";
import { compareWithExisting } from "./compare.ts";
import { type Existing, readAllExisting, readExistingByUser } from "./existing.ts";
import { ImportChecks } from "./import-checks.ts";
import { type Entry, type Item, type Result, resultOf } from "./item.ts";
import { type OpenContext, openEntry } from "./open-entry.ts";
import type { Report } from "./report.ts";
import { type Sendable, Sender } from "./send.ts";
import { Summary } from "./summary.ts";
import type { CheckedItem, ImportView, Plan } from "./view.ts";

export interface ImportOptions {
  readonly replace: boolean;
  readonly allowExpired: boolean;
}

interface ImportParts {
  readonly session: Session;
  readonly interrupts: Interrupts;
  readonly view: ImportView;
  readonly report: Report | undefined;
  readonly open: OpenContext;
  readonly options: ImportOptions;
}

/** More entries than this, and the whole collection is read instead of each user's certificates. */
const fewEntries = 20;
/** Prepared while a request is under way: a request's worth. */
const preparedAhead = 20;

/** What an entry comes to before anything is sent. */
type Decision = { readonly send: Sendable } | { readonly result: Result };

export class ImportRun {
  readonly summary = new Summary();
  readonly #parts: ImportParts;
  readonly #checks: ImportChecks;
  /** Sources whose warnings have been shown. */
  readonly #warned = new Set<string>();
  #underWay = 0;

  constructor(parts: ImportParts) {
    this.#parts = parts;
    this.#checks = new ImportChecks(parts.options);
  }

  /** How many certificates are in the request that is under way. */
  get underWay(): number {
    return this.#underWay;
  }

  /** What Intune has already; warns where no certificate of the tenant names the key. */
  async look(entries: readonly Entry[]): Promise<Existing> {
    const { session, view, open } = this.#parts;
    const { keyName } = open.connector;
    const existing = entries.length <= fewEntries ? readExistingByUser(session) : await readAllExisting(session);
    if (!(await existing.namesKey(keyName))) {
      view.note(
        `No certificate in this tenant names the key "${keyName}" yet (KEY_NAME_NEW). Devices can't open files that are sent under a wrong name.`,
      );
    }
    return existing;
  }

  /**
   * Opens every file and says what would be done with it. Keeps facts only, so that memory does not grow with the files.
   *
   * @param isAll whether nothing follows: then everything that is found out is a result
   */
  async check(
    entries: readonly Entry[],
    existing: Existing,
    isAll: boolean,
  ): Promise<{ plan: Plan; items: readonly CheckedItem[]; toSend: readonly Entry[] }> {
    const { view } = this.#parts;
    const items: CheckedItem[] = [];
    const toSend: Entry[] = [];
    let failed = 0;
    for (const [index, entry] of entries.entries()) {
      this.#throwIfStopped();
      const decisions = await collect(this.#decide(entry, existing));
      const results = decisions.flatMap((decision) => ("result" in decision ? [decision.result] : []));
      const mustSend = results.length < decisions.length;
      if (mustSend) toSend.push(entry);
      // A file that is opened again to be sent brings its other results then.
      if (isAll || !mustSend) for (const result of results) this.#note(result);
      items.push(...decisions.flatMap(toCheckedItem));
      failed += results.filter(({ outcome }) => outcome === "failed").length;
      view.checking(index + 1, entries.length);
    }
    const countOf = (state: CheckedItem["state"]) => items.filter((item) => item.state === state).length;
    const plan = {
      files: entries.length,
      toImport: countOf("create"),
      toReplace: countOf("replace"),
      alreadyThere: countOf("already there"),
      failed,
    };
    // What is sent is opened a second time, and then seen for the first.
    this.#checks.forget();
    return { plan, items, toSend };
  }

  /** @param total certificates, as far as it is known */
  async send(entries: readonly Entry[], existing: Existing, total: number): Promise<void> {
    const { session, interrupts, view } = this.#parts;
    const outstanding = new Set<Entry>(entries);
    const before = this.summary.done;
    const showProgress = () => view.sending(this.summary.done - before, total, this.summary.counts.failed);
    const sender = new Sender({
      session,
      stopped: interrupts.stopped,
      onResult: (result) => {
        this.#note(result);
        showProgress();
      },
      onRequest: (count) => {
        this.#underWay = count;
        showProgress();
      },
    });
    try {
      for await (const { entry, decision } of ahead(this.#decisions(entries, existing), preparedAhead)) {
        if (interrupts.stopped.aborted) break;
        // Before it is sent: from then on the sender answers for it, also where the run ends.
        outstanding.delete(entry);
        if ("result" in decision) this.#note(decision.result);
        else await sender.add(decision.send);
        this.#underWay = 0;
      }
      await sender.flush();
    } finally {
      this.#underWay = 0;
      // What was waiting when the run ended has no result of its own.
      for (const item of sender.unfinished) this.#note(resultOf(item, "notTried"));
      for (const entry of outstanding) this.#note(resultOf({ entry }, "notTried"));
    }
  }

  async *#decisions(
    entries: readonly Entry[],
    existing: Existing,
  ): AsyncGenerator<{ entry: Entry; decision: Decision }> {
    for (const entry of entries) {
      if (this.#parts.interrupts.stopped.aborted) return;
      for await (const decision of this.#decide(entry, existing)) yield { entry, decision };
    }
  }

  async *#decide(entry: Entry, existing: Existing): AsyncGenerator<Decision> {
    const { open, view } = this.#parts;
    for (const opened of await openEntry(entry, open)) {
      if ("result" in opened) {
        yield opened;
        continue;
      }
      const { item } = opened;
      const decision = await this.#decideItem(item, existing);
      if ("send" in decision && !this.#warned.has(item.entry.source)) {
        this.#warned.add(item.entry.source);
        for (const { code, message } of item.facts.warnings) view.warning(item.entry.source, code, message);
      }
      yield decision;
    }
  }

  async #decideItem(item: Item, existing: Existing): Promise<Decision> {
    const repeated = this.#checks.repeated(item);
    if (repeated !== undefined) return { result: repeated };
    const presence = await compareWithExisting(item.input, existing);
    if (presence.state === "absent") {
      const expired = this.#checks.expired(item);
      return expired === undefined ? { send: item } : { result: expired };
    }
    const { id } = presence.certificate;
    if (this.#parts.options.replace) return { send: { ...item, replaces: id } };
    if (presence.state === "same") return { result: resultOf(item, "alreadyThere", { id }) };
    const { code, message } = presence;
    return { result: resultOf(item, "failed", { code, message, id }) };
  }

  #note(result: Result): void {
    this.summary.add(result);
    this.#parts.report?.add(result);
    this.#parts.view.result(result);
  }

  #throwIfStopped(): void {
    if (this.#parts.interrupts.stopped.aborted) {
      throw new CliError(ExitCode.INTERRUPTED, "INTERRUPTED", "Interrupted. Nothing was sent.");
    }
  }
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

function toCheckedItem(decision: Decision): CheckedItem[] {
  if ("send" in decision) {
    const { facts, replaces, entry } = decision.send;
    return [{ source: entry.source, facts, state: replaces === undefined ? "create" : "replace" }];
  }
  const { outcome, facts, source } = decision.result;
  return outcome === "alreadyThere" && facts !== undefined ? [{ source, facts, state: "already there" }] : [];
}
