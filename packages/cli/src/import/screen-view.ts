/** An import for people: on standard error, with one line that is redrawn on a terminal. */

import { printable } from "../files/printable.ts";
import type { Wait } from "../gateway/session.ts";
import type { Io } from "../io.ts";
import { ProgressLine } from "../output/progress-line.ts";
import { count, duration, roughDuration } from "../output/words.ts";
import type { Result } from "./item.ts";
import type { ImportEnd, ImportView, Plan } from "./view.ts";

/** Messages of files before they are only counted: the report and the table have all of them. */
const maxMessages = 50;

export function createScreenView(io: Io): ImportView {
  const line = new ProgressLine(io);
  const say = (text: string) => line.print(text);
  const startedAtMs = io.now().getTime();
  let sendingSinceMs: number | undefined;
  let progress: readonly string[] = [];
  let messages = 0;
  const message = (source: string, text: string) => {
    messages += 1;
    if (messages <= maxMessages) say(`${printable(source)}\n  ${text}`);
    else if (messages === maxMessages + 1)
      say("More messages like these are not shown; --report FILE has all of them.");
  };
  let lastReason: string | undefined;
  return {
    start({ files, isDryRun }) {
      if (io.stderr.isTTY !== true) say(`${isDryRun ? "Checking" : "Importing"} ${count(files, "file")}.`);
    },
    note: say,
    warning: (source, code, text) => message(source, `${text} (${code}, a warning)`),
    checking(done, total) {
      line.show([`Checking ${done} of ${total}`]);
    },
    plan(plan) {
      say(planText(plan, duration(io.now().getTime() - startedAtMs)));
    },
    streaming() {},
    sending(done, total, failed) {
      sendingSinceMs ??= io.now().getTime();
      progress = [`Importing ${done} of ${total}`, failed > 0 ? `${failed} failed` : ""];
      line.show([...progress, ...rate(done, total, io.now().getTime() - sendingSinceMs)]);
    },
    wait(wait) {
      if (wait === undefined) return;
      // The reason once, above the line: an address that is wrong never gets better.
      if (wait.code === "NO_ANSWER" && wait.message !== lastReason) {
        lastReason = wait.message;
        say(`${wait.message} Trying again.`);
      }
      line.show([...progress, waitText(wait, io.now())]);
    },
    result(result) {
      lastReason = undefined;
      if (result.outcome === "failed") message(result.source, failureText(result));
    },
    clear: () => line.clear(),
    interrupted(underWay) {
      say(
        underWay > 0
          ? `Finishing the ${underWay} under way (up to 25 s). Ctrl-C again stops at once; that\nis safe too.`
          : "Interrupted.",
      );
    },
    end: (end) => say(endText(end, io)),
  };
}

function rate(done: number, total: number, elapsedMs: number): string[] {
  if (elapsedMs < 3000 || done === 0) return [];
  const perSecond = (done * 1000) / elapsedMs;
  return [`${perSecond.toFixed(1)}/s`, `${roughDuration((total - done) / perSecond)} left`];
}

function waitText({ code, seconds }: Wait, now: Date): string {
  switch (code) {
    case "THROTTLED":
      return `Graph is busy: waiting ${seconds} s`;
    case "RATE_LIMITED":
    case "OVERLOADED":
      return `the gateway is busy: waiting ${seconds} s`;
    default: {
      const until = new Date(now.getTime() + seconds * 1000);
      const clock = `${String(until.getHours()).padStart(2, "0")}:${String(until.getMinutes()).padStart(2, "0")}:${String(until.getSeconds()).padStart(2, "0")}`;
      return `no answer: trying again at ${clock}`;
    }
  }
}

function failureText({ message = "", code = "", graphRequestId }: Result): string {
  const ids = graphRequestId === undefined ? code : `${code}, Graph request ${graphRequestId}`;
  const hint = code === "BAD_USER_INPUT" ? " Most often the user does not exist under this name." : "";
  return `${message}${hint} (${ids})`;
}

function planText({ files, toImport, toReplace, alreadyThere, failed }: Plan, checkedIn: string): string {
  const parts = [
    toImport > 0 ? `${toImport} to import` : "",
    toReplace > 0 ? `${toReplace} to replace` : "",
    alreadyThere > 0 ? `${alreadyThere} already in Intune` : "",
    failed > 0 ? `${failed} not` : "",
  ].filter((part) => part !== "");
  const nothing = toImport + toReplace === 0 && failed === 0 ? ". Nothing to do." : ".";
  return `Checked ${count(files, "file")} in ${checkedIn}: ${parts.join(", ")}${nothing}`;
}

function endText({ summary, durationMs, report, passwordLists, wasInterrupted }: ImportEnd, { stderr }: Io): string {
  const { counts } = summary;
  const table = summary.failureTable(stderr);
  const next =
    counts.notTried > 0
      ? [wasInterrupted ? "Run the same command again to go on." : "Run the same command again: it goes on from there."]
      : counts.failed > 0
        ? [...summary.advice(), "Put these right and run the same command again: the rest is skipped."]
        : [];
  const lists = passwordLists.map(
    ({ name, count: passwords }) => `${name} still has ${count(passwords, "password")}: delete it if nobody needs it.`,
  );
  return [
    `${summary.line()}, in ${duration(durationMs)}`,
    ...(table.length > 0 ? ["", ...table, ""] : []),
    ...next,
    ...(report === undefined ? [] : [`Report: ${report}`]),
    ...lists,
  ].join("\n");
}
