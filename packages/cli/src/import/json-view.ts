/** An import for programs: everything on standard output, an object a line. */
import type { Io } from "../io.ts";
import { JsonLines } from "../output/json-lines.ts";
import type { ImportView } from "./view.ts";

export function createJsonView(io: Io): ImportView {
  const lines = new JsonLines(io);
  return {
    start: ({ gateway, account, keyName, fingerprint, files, isDryRun }) =>
      lines.write("start", {
        gateway,
        user: account?.user,
        tenant: account?.tenant,
        keyName,
        fingerprint,
        files,
        dryRun: isDryRun,
      }),
    note: (message) => lines.write("note", { message: message.replace(/^Note: /, "").trim() }),
    warning: (source, code, message) => lines.write("warning", { source, code, message }),
    checking() {},
    plan: ({ files, toImport, toReplace, alreadyThere, failed }) =>
      lines.write("plan", { files, toImport, toReplace: toReplace || undefined, alreadyThere, failed }),
    streaming: (files) => lines.write("plan", { files }),
    sending() {},
    wait(wait) {
      if (wait !== undefined) lines.write("wait", { seconds: wait.seconds, code: wait.code });
    },
    result: ({ source, outcome, facts, user, code, message, graphRequestId, id }) =>
      lines.write("item", {
        source,
        outcome,
        user,
        thumbprint: facts?.thumbprint,
        purpose: facts?.purpose,
        expirationDateTime: facts?.expirationDateTime,
        userSource: facts?.userSource,
        code,
        message,
        graphRequestId,
        id,
      }),
    clear() {},
    interrupted: (underWay) => lines.write("interrupted", { underWay }),
    end: ({ summary, durationMs, report, wasInterrupted }) =>
      lines.write("end", {
        ...summary.counts,
        seconds: Math.round(durationMs / 1000),
        report,
        interrupted: wasInterrupted || undefined,
      }),
  };
}
