/** The world around a run: streams, environment, clock. `main.ts` hands over the process's, tests hand over their own. */
import type { Readable, Writable } from "node:stream";

export interface InputStream extends Readable {
  readonly isTTY?: boolean;
}

export interface OutputStream extends Writable {
  readonly isTTY?: boolean;
  /** The width of the terminal, in characters. */
  readonly columns?: number;
}

export interface Io {
  readonly stdin: InputStream;
  /** Data only. */
  readonly stdout: OutputStream;
  /** Prompts, progress and messages. */
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The current folder; paths on the command line are relative to it. */
  readonly folder: string;
  readonly platform: NodeJS.Platform;
  /** The user's home folder. */
  readonly homeFolder: string;
  now(): Date;
  /** Waits; ends early, without an error, when `signal` is aborted. */
  wait(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Calls `listener` at each Ctrl-C, SIGTERM, SIGBREAK or SIGHUP; the function returned ends that. */
  onInterrupt(listener: () => void): () => void;
}

/** Prompts need somebody who sees them and can answer. */
export function canPrompt({ stdin, stderr }: Io): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}
