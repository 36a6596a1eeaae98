/**
 * Finds variables whose names are almost names of the table. The gateway would not read them, and so start with another
 * configuration.
 */
import { variables } from "./variables.ts";

/** Shorter names resemble too many others. */
const minNameLength = 8;
const maxDistance = 2;
/** Other programs read these, in both cases. */
const ofOtherPrograms = /^[a-z]+_proxy$/i;

const secretFiles = variables.filter(({ parser }) => parser.isSecret).map(({ name }) => `${name}_FILE`);
const known = [...variables.map(({ name }) => name), ...secretFiles];

/** The misspelled variables that are not empty, each with the variable that is probably meant. */
export function misspelledIn(env: NodeJS.ProcessEnv): { name: string; meant: string }[] {
  return Object.entries(env).flatMap(([name, value]) => {
    if (!value || name.length < minNameLength || known.includes(name) || ofOtherPrograms.test(name)) return [];
    const meant = meantBy(name.toUpperCase());
    return meant === undefined ? [] : [{ name, meant }];
  });
}

/** @param name in upper case. */
function meantBy(name: string): string | undefined {
  const withoutFile = name.replace(/_FILE$/, ""); // only secrets may come from a file
  if (withoutFile.length >= minNameLength && known.includes(withoutFile)) return withoutFile;
  const [nearest] = known
    .map((each) => ({ each, distance: distanceOf(name, each) }))
    .filter(({ distance }) => distance <= maxDistance)
    .sort((one, other) => one.distance - other.distance);
  return nearest?.each;
}

/** The least number of letters to insert, remove or replace (Levenshtein); more than `maxDistance` if the lengths tell. */
function distanceOf(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > maxDistance) return maxDistance + 1;
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (const [j, otherLetter] of [...other].entries()) {
      const replaced = (row[j] ?? 0) + (letter === otherLetter ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
