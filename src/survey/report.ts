/** Prints a survey. Everything it prints can be published: the result holds nothing of the tenant. */
import type { SurveyResult } from "./answers.ts";
import { surveyKeyName } from "./throw-away.ts";

/** Whether what the gateway relies on holds, every question was asked, and nothing is left over. */
export function isOk({ contract, stopped, leftovers }: SurveyResult): boolean {
  return contract.every(({ holds }) => holds) && stopped === undefined && leftovers.length === 0;
}

export function surveyJson(result: SurveyResult, version: string): string {
  return JSON.stringify({ ok: isOk(result), survey: { gatewayVersion: version, ...result } });
}

export function surveyText(result: SurveyResult, version: string): string {
  const { graph, apiVersion, contract, answers, settings, requests, stopped, leftovers } = result;
  const width = Math.max(...answers.map(({ question }) => question.length), 0);
  const lines = [`Survey of ${graph}, ${apiVersion}, by intune-pfx-gateway ${version}, with ${requests} requests`];
  if (stopped !== undefined) lines.push("", `STOPPED  ${stopped.problem}`, `         → ${stopped.advice}`);
  if (contract.length > 0) lines.push("", "What the gateway relies on:");
  for (const { promise, holds, detail } of contract) {
    lines.push(`${holds ? "ok    " : "BROKEN"}  ${promise}${detail === undefined ? "" : `: ${detail}`}`);
  }
  if (answers.length > 0) lines.push("", "Answers:");
  for (const { question, answer, detail } of answers) {
    lines.push(`${question.padEnd(width)}  ${answer}`);
    if (detail !== undefined) lines.push(`${" ".repeat(width + 2)}${detail}`);
  }
  if (Object.keys(settings).length > 0) lines.push("", "As settings of the emulator:", JSON.stringify(settings));
  lines.push("", ...leftoverLines(leftovers));
  return lines.join("\n");
}

function leftoverLines(leftovers: SurveyResult["leftovers"]): string[] {
  if (leftovers.length === 0) return ["Nothing is left in the tenant."];
  const list = leftovers.map(({ thumbprint, isCertain }) =>
    isCertain ? `LEFT     ${thumbprint}` : `PERHAPS  ${thumbprint}: its create had no answer, and it was not found`,
  );
  return [
    "The survey could not delete these certificates of the test user, here by thumbprint:",
    ...list,
    `         → List the test user's certificates, for example with npx intune-pfx list, and delete those with these`,
    `           thumbprints. Their key name is "${surveyKeyName}". No device uses them.`,
  ];
}
