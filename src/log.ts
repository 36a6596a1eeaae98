/**
 * What the gateway logs: one method per event, each with a fixed record. Nothing is ever logged by handing an object over,
 * so a secret can only get out through a line of this file.
 */
import { type DestinationStream, pino } from "pino";

export interface GatewayLog {
  listening(record: { url: string; authMode: string; graphBaseUrl: string }): void;
  stopping(record: { signal: string }): void;
  /** Graph answered an enum member that this build does not know; its property became null. */
  unknownEnumMember(record: { property: string }): void;
  /** `GRAPH_API_VERSION=auto` found that v1.0 lacks the collection. */
  movedToBeta(): void;
  /** A bug: what the caller sees is masked, and carries the same id. */
  internalError(record: { id: string; error: unknown }): void;
}

/** @param level pino's level; `silent` for none. @param destination where lines go; default standard output. */
export function createLog(level: string, destination?: DestinationStream): GatewayLog {
  const base = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  const log = destination === undefined ? pino(base) : pino(base, destination);
  return {
    listening: ({ url, authMode, graphBaseUrl }) => log.info({ url, authMode, graphBaseUrl }, "listening"),
    stopping: ({ signal }) => log.info({ signal }, "stopping"),
    unknownEnumMember: ({ property }) => log.warn({ property }, "Graph answered an enum member unknown to this build"),
    movedToBeta: () => log.warn("Graph v1.0 has no userPfxCertificates; using beta from now on"),
    internalError: ({ id, error }) => log.error({ id, ...describe(error) }, "internal error"),
  };
}

/** An error's class, code and stack frames. Never its message: that may quote a request. */
function describe(error: unknown): { name: string; code?: string; frames: string[] } {
  if (!(error instanceof Error)) return { name: typeof error, frames: [] };
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  return { name: error.name, ...code, frames: frames.slice(0, 12).map((line) => line.trim()) };
}
