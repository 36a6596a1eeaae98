/** What an import shows while it runs. There are two: for people, and for programs (`--json`). */
import type { Wait } from "../gateway/session.ts";
import type { Item, Result } from "./item.ts";
import type { Summary } from "./summary.ts";

export interface Plan {
  readonly files: number;
  readonly toImport: number;
  readonly toReplace: number;
  readonly alreadyThere: number;
  readonly failed: number;
}

export interface ImportStart {
  readonly gateway: string;
  readonly account: { readonly user?: string; readonly tenant?: string } | undefined;
  readonly keyName: string;
  readonly fingerprint: string;
  readonly files: number;
  readonly isDryRun: boolean;
}

export interface ImportEnd {
  readonly summary: Summary;
  readonly durationMs: number;
  readonly report: string | undefined;
  readonly passwordLists: readonly { readonly name: string; readonly count: number }[];
  readonly wasInterrupted: boolean;
}

export interface ImportView {
  start(start: ImportStart): void;
  note(text: string): void;
  warning(source: string, code: string, message: string): void;
  checking(done: number, total: number): void;
  plan(plan: Plan): void;
  /** In the place of a plan where files are sent as they are opened: what becomes of them is not known before. */
  streaming(files: number): void;
  sending(done: number, total: number, failed: number): void;
  wait(wait: Wait | undefined): void;
  result(result: Result): void;
  /** Takes away what is redrawn, before a question or the end. */
  clear(): void;
  interrupted(underWay: number): void;
  end(end: ImportEnd): void;
}

/** What is kept of an item between the check and the question: not the file, not the password. */
export interface CheckedItem {
  readonly source: string;
  readonly facts: Item["facts"];
  readonly state: "create" | "replace" | "already there";
}
