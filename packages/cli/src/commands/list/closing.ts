/** What a list comes to, in a sentence. */
import { count, purposeWord } from "../../output/words.ts";
import { countUsers, dateText, dayMs, type ListRow } from "./rows.ts";
import { lastDay, type Selection } from "./selection.ts";

/** `3 certificates of 3 users expire by 2027-01-28; 2 have no newer one …` */
export function closingOfRows(rows: readonly ListRow[], selection: Selection, now: Date): string {
  const { noNewer, users } = selection;
  const isOne = rows.length === 1;
  const state = stateOf(selection, now, isOne || rows.length === 0);
  const place = users === undefined ? "" : ` in ${users.name}`;
  if (rows.length === 0) {
    const newer = noNewer ? " without a newer one of the same purpose" : "";
    return `No certificate${place === "" ? "" : ` of a user${place}`}${newer}${state}.`;
  }
  const subject = `${count(rows.length, "certificate")} of ${count(countUsers(rows), "user")}${place}`;
  if (noNewer)
    return `${subject} ${isOne ? "has" : "have"} no newer one of the same purpose${state && `, and${state}`}.`;
  if (state === "") return `${subject}.`;
  const alone = rows.filter(({ newerMs }) => newerMs === undefined).length;
  if (alone === 0) return `${subject}${state}; each has a newer one of the same purpose.`;
  const verb = alone === 1 ? "has" : "have";
  return `${subject}${state}; ${alone} ${verb} no newer one of the same purpose ('--no-newer' shows ${alone === 1 ? "this" : "these"} only).`;
}

/** `2 of 430 users in staff.csv have no valid encryption certificate.` */
export function closingOfMissing(missing: number, { users, missing: purpose }: Selection): string {
  const total = users?.users.length ?? 0;
  const what = `valid ${purpose === undefined ? "" : `${purposeWord(purpose)} `}certificate`;
  const whose = `${count(total, "user")} in ${users?.name ?? ""}`;
  if (missing === 0) return `${total === 1 ? `The ${whose} has` : `All ${whose} have`} a ${what}.`;
  return `${missing} of ${whose} ${missing === 1 ? "has" : "have"} no ${what}.`;
}

function stateOf({ expiring, expired }: Selection, now: Date, isOne: boolean): string {
  if (expired) return isOne ? " has expired" : " have expired";
  if (expiring === undefined) return "";
  return ` ${isOne ? "expires" : "expire"} by ${dateText(lastDay(expiring, now) * dayMs)}`;
}
