/**
 * The locks of natural keys in Redis. Replicas take them to create one certificate at a time. Redis holds keyed digests, states, ids
 * and times, never a file, a password, a token or a user's name. A lock dies with its replica: it outlives the deadline of every
 * request by little.
 */
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { withoutLineBreaks } from "../../schema/validation/line-breaks.ts";
import type { SharedStore } from "../../shared-store.ts";
import type { CreateCall, KeyHistory } from "./in-flight-creates.ts";

/** Added to the deadline for the life of a lock. */
const lockMarginMs = 5000;
/** How long Redis keeps an outcome for those who wait for it, a record's date, and an unresolved create. */
const outcomeMs = 60_000;
const dateMs = 5 * 60_000;
const doubtMs = 60 * 60_000;
/**
 * Takes the lock of a natural key.
 * KEYS: the key of the digests; the natural key's state; the outcome of the create that this one waits for.
 * ARGV: the key of the digests; this replica; this create; digests of caller, input and file; milliseconds of a lock and of a
 * state; whether an outcome is waited for.
 * Returns `key` and the key of the digests; `ended` and the outcome; `busy`, the create that has the lock, whether it is the
 * same, and its file; or `begun`, the doubt about earlier creates, and the date of the record.
 */
const beginCreate = `
local key = redis.call('GET', KEYS[1])
if not key then redis.call('SET', KEYS[1], ARGV[1]) elseif key ~= ARGV[1] then return {'key', key} end
local outcome = ARGV[9] == '1' and redis.call('GET', KEYS[3])
if outcome then return {'ended', outcome} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local state = redis.call('HMGET', KEYS[2], 'replica', 'create', 'until', 'caller', 'input', 'file', 'doubt', 'isLate', 'date')
local create, file, doubt, isLate = state[2], state[6], state[7], state[8]
if create and state[1] ~= ARGV[2] then
  if tonumber(state[3]) > now then
    local isSame = state[4] == ARGV[4] and state[5] == ARGV[5]
    if isSame then redis.call('HSET', KEYS[2], 'isAwaited', '1') end
    return {'busy', create, isSame and 1 or 0, file}
  end
  doubt = (not doubt or doubt == file) and file or 'several'
  isLate = '1'
  redis.call('HSET', KEYS[2], 'doubt', doubt, 'isLate', isLate)
end
if create ~= ARGV[3] then redis.call('HDEL', KEYS[2], 'isAwaited') end
redis.call('HSET', KEYS[2], 'replica', ARGV[2], 'create', ARGV[3], 'until', string.format('%.0f', now + ARGV[7]), 'caller', ARGV[4], 'input', ARGV[5], 'file', ARGV[6])
redis.call('PEXPIRE', KEYS[2], ARGV[8])
local relation = 'none'
if doubt and doubt ~= ARGV[6] then relation = isLate == '1' and 'may still be applied' or 'settled by now' end
return {'begun', relation, state[9] or ''}
`;

/**
 * Releases the lock and keeps what the create has found out. If it has lost the lock, only a doubt is kept.
 * KEYS: the natural key's state; the create's outcome.
 * ARGV: this create; its outcome, empty if it is nobody else's; the record's date; the doubt: `none`, `same` as before, or a file's
 * digest; whether Graph may still apply the create; milliseconds for an outcome, a date and a doubt.
 * Returns 1 if this create had the lock.
 */
const endCreate = `
local state = redis.call('HMGET', KEYS[1], 'create', 'isAwaited', 'doubt', 'isLate')
local hadLock = state[1] == ARGV[1]
local doubt, isLate = state[3], state[4]
if ARGV[4] == 'none' then doubt = false
elseif ARGV[4] ~= 'same' then
  doubt = (not doubt or doubt == ARGV[4]) and ARGV[4] or 'several'
  if ARGV[5] == '1' then isLate = '1' end
end
if hadLock then
  if state[2] and ARGV[2] ~= '' then redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[6]) end
  redis.call('DEL', KEYS[1])
  if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'date', ARGV[3]) end
end
if doubt and (hadLock or ARGV[4] ~= 'same') then redis.call('HSET', KEYS[1], 'doubt', doubt, 'isLate', isLate or '0') end
if hadLock then redis.call('PEXPIRE', KEYS[1], doubt and ARGV[8] or ARGV[7])
elseif doubt then redis.call('PEXPIRE', KEYS[1], ARGV[8]) end
return hadLock and 1 or 0
`;

/** What Redis knows a create by. */
interface Digests {
  readonly naturalKey: string;
  readonly caller: string;
  readonly input: string;
  readonly file: string;
}

/** A create of this process, from the moment it asks for the lock until its end. */
export interface Flight {
  readonly id: string;
  readonly call: CreateCall;
  readonly history: KeyHistory;
  digests: Digests;
  /** Whether Redis may have the lock of this create: it was asked, even if it did not answer. */
  mayHaveLock: boolean;
}

/** How a create ended, for Redis. It holds nothing of the input: it may have to wait until Redis is back. */
export interface End {
  readonly id: string;
  readonly naturalKey: string;
  /** JSON for the same create in other replicas; empty: they send their own. */
  readonly outcome: string;
  readonly date: string;
  /** `none`, `same` as before, or the digest of the file whose create is unresolved. */
  readonly doubt: string;
  readonly mayStillBeApplied: boolean;
}

export type Begun =
  | { readonly state: "begun"; readonly doubt: KeyHistory["doubt"]; readonly date: string }
  | { readonly state: "busy"; readonly create: string; readonly isSame: boolean; readonly file: string }
  | { readonly state: "ended"; readonly outcome: string };

/** From the least uncertain to the most uncertain. */
export const doubts = ["none", "settled by now", "may still be applied"] as const satisfies KeyHistory["doubt"][];

export class CreateLocks {
  /** Life of a lock, in milliseconds. */
  readonly lockMs: number;
  readonly #store: SharedStore;
  readonly #scope: (tenantId: string | undefined) => string;
  readonly #replica = randomUUID();
  /** The same in all replicas: the first replica puts a random one into Redis. */
  #digestKey = randomBytes(32).toString("base64url");

  /**
   * @param scope what tells natural keys of several Graphs and tenants apart. @param deadlineMs of the longest request.
   */
  constructor(store: SharedStore, scope: (tenantId: string | undefined) => string, deadlineMs: number) {
    this.#store = store;
    this.#scope = scope;
    this.lockMs = deadlineMs + lockMarginMs;
  }

  /** A flight of this call that has not asked for its lock yet. */
  flightOf(call: CreateCall, history: KeyHistory): Flight {
    return { id: randomUUID(), call, history, digests: this.#digestsOf(call), mayHaveLock: false };
  }

  /** Asks Redis for the lock. @param awaited the create whose outcome is waited for. @returns `undefined` if Redis is away. */
  async begin(flight: Flight, awaited?: string): Promise<Begun | undefined> {
    const { keyPrefix } = this.#store;
    for (;;) {
      const { naturalKey, caller, input, file } = flight.digests;
      const isAsked = !this.#store.isAway;
      flight.mayHaveLock ||= isAsked;
      const answer = await this.#store.ask((redis) =>
        redis.eval(
          beginCreate,
          3,
          `${keyPrefix}:creates:key`,
          `${keyPrefix}:create:${naturalKey}`,
          `${keyPrefix}:created:${awaited ?? ""}`,
          this.#digestKey,
          this.#replica,
          flight.id,
          caller,
          input,
          file,
          this.lockMs,
          this.lockMs + doubtMs,
          awaited === undefined ? "0" : "1",
        ),
      );
      if (!Array.isArray(answer)) return undefined;
      const [state, first, second, third] = answer.map(String);
      switch (state) {
        case "key":
          this.#digestKey = first ?? "";
          flight.digests = this.#digestsOf(flight.call);
          break;
        case "ended":
          return { state, outcome: first ?? "" };
        case "busy":
          flight.mayHaveLock = false;
          return { state, create: first ?? "", isSame: second === "1", file: third ?? "" };
        default:
          return { state: "begun", doubt: doubts.find((doubt) => doubt === first) ?? "none", date: second ?? "" };
      }
    }
  }

  /** Releases the lock. Returns 1 if the create had it; `undefined` if Redis is away. */
  end({ id, naturalKey, outcome, date, doubt, mayStillBeApplied }: End): Promise<unknown> {
    const { keyPrefix } = this.#store;
    return this.#store.ask((redis) =>
      redis.eval(
        endCreate,
        2,
        `${keyPrefix}:create:${naturalKey}`,
        `${keyPrefix}:created:${id}`,
        id,
        outcome,
        date,
        doubt,
        mayStillBeApplied ? "1" : "0",
        outcomeMs,
        dateMs,
        doubtMs,
      ),
    );
  }

  #digestsOf({ input, token, caller }: CreateCall): Digests {
    const digestOf = (...parts: readonly (string | null)[]) => {
      const hmac = createHmac("sha256", this.#digestKey);
      for (const part of parts) hmac.update(`${part?.length}\n`).update(part ?? "");
      return hmac.digest("base64url");
    };
    const { userPrincipalName, thumbprint } = input;
    const file = digestOf("file", input.encryptedPfxBlob, withoutLineBreaks(input.encryptedPfxPassword));
    return {
      naturalKey: digestOf(
        "key",
        this.#scope(caller.tenantId),
        userPrincipalName.toLowerCase(),
        thumbprint.toLowerCase(),
      ),
      caller: digestOf("caller", caller.callerToken ?? token),
      input: digestOf(
        "input",
        file,
        input.intendedPurpose,
        input.startDateTime,
        input.expirationDateTime,
        input.providerName,
        input.keyName,
        input.paddingScheme,
      ),
      file,
    };
  }
}
