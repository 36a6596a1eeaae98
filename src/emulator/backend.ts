/**
 * The state that all requests of one emulator share: settings, records, write quota, faults, log, and waits that end when the
 * emulator closes.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { LogEntry } from "./exchange.ts";
import { FaultPlan } from "./faults.ts";
import { WriteMeter } from "./quota.ts";
import { type EmulatorOptions, type Settings, settingsFrom } from "./settings.ts";
import { Store } from "./store.ts";

export interface Backend {
  readonly settings: Settings;
  readonly store: Store;
  readonly meter: WriteMeter;
  readonly faults: FaultPlan;
  readonly log: LogEntry[];
  /** Add a request to the log, which drops the oldest ones. */
  readonly note: (entry: LogEntry) => void;
  /** Wait; rejects with an AbortError once the emulator closes. */
  readonly pause: (ms: number) => Promise<void>;
}

export function createBackend(options: EmulatorOptions, closing: AbortSignal): Backend {
  const settings = settingsFrom(options);
  const store = new Store(settings.now);
  for (const record of options.seed ?? []) store.put(record);
  const faults = new FaultPlan();
  faults.add(...(options.faults ?? []));
  const pause = async (ms: number) => {
    if (ms > 0) await sleep(ms, undefined, { signal: closing });
  };
  const log: LogEntry[] = [];
  const note = (entry: LogEntry) => {
    log.push(entry);
    if (log.length > settings.keptRequests) log.shift();
  };
  return { settings, store, meter: new WriteMeter(settings.writeQuota, settings.now), faults, log, note, pause };
}
