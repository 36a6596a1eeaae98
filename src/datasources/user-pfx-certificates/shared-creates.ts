/**
 * Shares the creates in flight between replicas, through Redis: one create at a time for each natural key, as in one process. The
 * same input of the same caller shares the outcome; any other create for the key waits. While Redis does not answer, each process
 * works alone.
 *
 * A create counts as unresolved if it ended with OUTCOME_UNKNOWN, or if its lock died unreleased. A later create of another file
 * does not take such a create's record for its own. After Redis was away, each replica claims its creates in flight anew: a
 * failover may have lost their locks.
 */
import { GatewayError } from "../../errors.ts";
import type { Clock } from "../../request/clock.ts";
import type { UserPfxCertificate } from "../../schema/user-pfx-certificate.ts";
import type { SharedStore } from "../../shared-store.ts";
import { type Begun, type CreateLocks, doubts, type End, type Flight } from "./create-locks.ts";
import {
  type CreateCall,
  type CreatesOfReplicas,
  type KeyHistory,
  notSent,
  stillUnknown,
} from "./in-flight-creates.ts";
import { failureOf, sharedOutcomeOf, successOf } from "./shared-outcome.ts";

/** Wait before Redis is asked again for a lock that is taken; grows to the second. */
const firstPollMs = 50;
const maxPollMs = 500;
/** Maximum number of ended creates that Redis is told about when it is back, and number that it is told at once. */
const maxEnds = 10_000;
const toldAtOnce = 100;

/** An end, and when Redis was told of it, in monotonic milliseconds; absent: not yet. */
type KeptEnd = End & { toldAtMs?: number };

export class SharedCreates implements CreatesOfReplicas {
  readonly #locks: CreateLocks;
  readonly #clock: Clock;
  readonly #flights = new Set<Flight>();
  /**
   * Ended creates that Redis could not be told about, or was told lately: a failover loses what the new primary has not got yet,
   * and a lock would come back. The oldest come first.
   */
  readonly #ends = new Set<KeptEnd>();

  constructor(store: SharedStore, locks: CreateLocks, clock: Clock) {
    this.#locks = locks;
    this.#clock = clock;
    store.onBack(() => void this.#catchUp());
  }

  async run(
    call: CreateCall,
    history: KeyHistory,
    create: () => Promise<UserPfxCertificate>,
  ): Promise<UserPfxCertificate> {
    const flight = this.#locks.flightOf(call, history);
    const shared = await this.#awaitTurn(flight);
    if (shared !== undefined) return shared;
    this.#flights.add(flight);
    try {
      const certificate = await create();
      const date = certificate.createdDateTime ?? "";
      const ended = this.#end(flight, successOf(certificate), date, "none");
      // Only a record that was looked up could be another create's, if this one had lost its lock.
      if (history.isLookedUp && (await ended) === 0) throw lostLock();
      return certificate;
    } catch (error) {
      const isUnknown = error instanceof GatewayError && error.code === "OUTCOME_UNKNOWN";
      const date = history.createdDateTime ?? "";
      void this.#end(flight, failureOf(error, call), date, isUnknown ? "unresolved" : "same");
      throw error;
    }
  }

  /**
   * Waits for the lock, or for Redis to be away. Returns the certificate that the same create in another replica stored.
   *
   * @throws {GatewayError} the error of the same create; `UPSTREAM_TIMEOUT` or `OUTCOME_UNKNOWN` at the deadline.
   */
  async #awaitTurn(flight: Flight): Promise<UserPfxCertificate | undefined> {
    const { call, history } = flight;
    const { deadline } = call.caller;
    let other: Extract<Begun, { state: "busy" }> | undefined;
    for (let pollMs = firstPollMs; ; ) {
      const begun = await this.#locks.begin(flight, other?.isSame ? other.create : undefined);
      if (begun === undefined) {
        if (other !== undefined) distrust(flight, other.file);
        return undefined;
      }
      if (begun.state === "begun") {
        history.doubt = worse(history.doubt, begun.doubt);
        if (begun.date !== "") history.createdDateTime = begun.date;
        return undefined;
      }
      if (begun.state === "ended") {
        const certificate = sharedOutcomeOf(begun.outcome, call, history);
        if (certificate !== undefined) return certificate;
        other = undefined; // its turn now
        continue;
      }
      pollMs = begun.create === other?.create ? Math.min(1.5 * pollMs, maxPollMs) : firstPollMs;
      other = begun;
      if (deadline.remainingMs <= 0) {
        if (!other.isSame) throw notSent();
        history.mayStillBeApplied = true;
        throw stillUnknown();
      }
      await this.#clock.sleep(Math.min(pollMs, deadline.remainingMs));
    }
  }

  /** Tells Redis that the create has ended; later if Redis is away. Returns 1 if this create had the lock. */
  async #end(flight: Flight, outcome: string, date: string, doubt: "none" | "same" | "unresolved"): Promise<unknown> {
    this.#flights.delete(flight);
    const { id, digests, history, mayHaveLock } = flight;
    const end: KeptEnd = {
      id,
      naturalKey: digests.naturalKey,
      outcome,
      date,
      doubt: doubt === "unresolved" ? digests.file : doubt,
      mayStillBeApplied: history.mayStillBeApplied,
    };
    if (mayHaveLock || doubt === "unresolved") this.#keep(end);
    return this.#tell(end);
  }

  #keep(end: KeptEnd): void {
    this.#ends.add(end);
    const since = this.#clock.now() - this.#locks.lockMs; // older locks are dead
    for (const oldest of this.#ends) {
      const isOld = oldest.toldAtMs !== undefined && oldest.toldAtMs < since;
      if (!isOld && this.#ends.size <= maxEnds) break;
      this.#ends.delete(oldest);
    }
  }

  async #tell(end: KeptEnd): Promise<unknown> {
    // A doubt may have been settled since Redis was told of it.
    const hadLock = await this.#locks.end(end.toldAtMs === undefined ? end : { ...end, doubt: "same" });
    if (hadLock !== undefined) end.toldAtMs = this.#clock.now();
    return hadLock;
  }

  /** Redis is back, perhaps without its memory: claims the creates in flight, and tells the ends. */
  async #catchUp(): Promise<void> {
    for (const flight of [...this.#flights]) {
      if (!this.#flights.has(flight)) continue; // it has ended meanwhile, and its end must come last
      const begun = await this.#locks.begin(flight);
      if (begun === undefined) return; // away again
      if (begun.state === "busy") distrust(flight, begun.file);
    }
    const ends = [...this.#ends];
    for (let at = 0; at < ends.length; at += toldAtOnce) {
      const told = await Promise.all(ends.slice(at, at + toldAtOnce).map((end) => this.#tell(end)));
      if (told.includes(undefined)) return;
    }
  }
}

function worse(one: KeyHistory["doubt"], other: KeyHistory["doubt"]): KeyHistory["doubt"] {
  return doubts.indexOf(one) > doubts.indexOf(other) ? one : other;
}

/** A create of another replica may be applied at any time: a record that fits must not be taken for this create's. */
function distrust({ history, digests }: Flight, file: string): void {
  if (file !== digests.file) history.doubt = "may still be applied";
}

function lostLock(): GatewayError {
  return new GatewayError(
    "OUTCOME_UNKNOWN",
    "Redis failed meanwhile, and another replica may have stored that record; repeating it is safe.",
  );
}
