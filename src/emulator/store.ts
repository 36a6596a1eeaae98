/**
 * The tenant's data: certificates in insertion order, their owners, and the ledger of applied writes. Tests compare a client's
 * claims with the ledger, so only applied writes enter it.
 */
import {
  canonical,
  certificateId,
  type NewRecord,
  type StoredRecord,
  userObjectId,
  type WritableProperties,
} from "./record.ts";
import { formatInstant } from "./timestamp.ts";

/** One write that took effect. */
export interface LedgerEntry {
  /** Number of the applied write, from 1; clearing the ledger does not reset it. */
  readonly sequence: number;
  readonly method: "POST" | "PATCH" | "DELETE";
  readonly id: string;
  readonly thumbprint: string;
  readonly userPrincipalName: string;
  readonly clientRequestId: string;
}

export interface Person {
  readonly id: string;
  readonly userPrincipalName: string;
}

/** A record with its position in the collection. Positions only grow, which keeps paging stable while rows are deleted. */
export interface Row {
  readonly place: number;
  /** When it was created, in epoch milliseconds; 0 if it was stored directly. */
  readonly createdAtMs: number;
  readonly record: StoredRecord;
}

export class Store {
  readonly #now: () => number;
  readonly #rows = new Map<string, Row>();
  readonly #people = new Map<string, Person>();
  readonly #ledger: LedgerEntry[] = [];
  #lastPlace = 0;
  #lastSequence = 0;
  #lastStamp = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get rows(): readonly Row[] {
    return [...this.#rows.values()];
  }

  get ledger(): readonly LedgerEntry[] {
    return this.#ledger;
  }

  get people(): readonly Person[] {
    return [...this.#people.values()];
  }

  find(id: string): StoredRecord | undefined {
    return this.#rows.get(id)?.record;
  }

  /** Store a record under its natural key. An existing record keeps its position and creation date. @param id another key. */
  put(
    record: NewRecord,
    id = certificateId(record.userPrincipalName, record.thumbprint),
    createdAtMs = 0,
  ): StoredRecord {
    const present = this.#rows.get(id);
    const stamp = this.#stamp();
    const stored = {
      ...record,
      id,
      createdDateTime: record.createdDateTime ?? present?.record.createdDateTime ?? stamp,
      lastModifiedDateTime: record.lastModifiedDateTime ?? record.createdDateTime ?? stamp,
    };
    return this.#keep(stored, present, createdAtMs);
  }

  /** @param id default: made of the natural key; an existing record under it is replaced. */
  create(properties: NewRecord, clientRequestId: string, id?: string): StoredRecord {
    const stored = this.put(properties, id, this.#now());
    this.#enter("POST", stored, clientRequestId);
    return stored;
  }

  /** Change some properties. The id stays the same, even if the thumbprint or the user changes. */
  change(present: StoredRecord, changes: Partial<WritableProperties>, clientRequestId: string): StoredRecord {
    const stored = { ...present, ...changes, lastModifiedDateTime: this.#stamp() };
    this.#keep(stored, this.#rows.get(present.id), this.#now());
    this.#enter("PATCH", stored, clientRequestId);
    return stored;
  }

  delete(present: StoredRecord, clientRequestId: string): void {
    this.#rows.delete(present.id);
    this.#enter("DELETE", present, clientRequestId);
  }

  clearLedger(): void {
    this.#ledger.length = 0;
  }

  /** @param createdAtMs of a record that is new. */
  #keep(given: StoredRecord, present: Row | undefined, createdAtMs: number): StoredRecord {
    const record = canonical(given);
    const kept = present ?? { place: ++this.#lastPlace, createdAtMs };
    this.#rows.set(record.id, { place: kept.place, createdAtMs: kept.createdAtMs, record });
    const { userPrincipalName } = record;
    const id = userObjectId(userPrincipalName);
    if (!this.#people.has(id)) this.#people.set(id, { id, userPrincipalName });
    return record;
  }

  #enter(method: LedgerEntry["method"], record: StoredRecord, clientRequestId: string): void {
    const { id, thumbprint, userPrincipalName } = record;
    this.#ledger.push({ sequence: ++this.#lastSequence, method, id, thumbprint, userPrincipalName, clientRequestId });
  }

  #stamp(): string {
    return formatInstant(this.#now(), ++this.#lastStamp);
  }
}
