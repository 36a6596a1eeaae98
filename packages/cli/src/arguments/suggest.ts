/** "Did you mean": the known name that is closest to a misspelt one. */
import { nearest } from "intune-pfx-client/lists";

const maxDistance = 2;

/** `undefined` where nothing is within two letters; case, hyphens and underscores don't count. */
export function suggest(name: string, known: readonly string[]): string | undefined {
  const closest = nearest(simplified(name), known.map(simplified), maxDistance);
  return known.find((candidate) => simplified(candidate) === closest && candidate.length > maxDistance);
}

/** As {@link suggest}, but the beginning of a name counts as well: `--passwort` is meant for `--password-file`. */
export function suggestByBeginning(name: string, known: readonly string[]): string | undefined {
  const written = simplified(name);
  const beginnings = known.map((candidate) => simplified(candidate).slice(0, written.length));
  const startingWith = (beginning: string | undefined) => known.find((_, index) => beginnings[index] === beginning);
  const isLongEnough = written.length > maxDistance;
  if (isLongEnough && beginnings.includes(written)) return startingWith(written);
  // Two letters make another word of a short beginning.
  const maxMisspelt = Math.min(maxDistance, written.length - 4);
  return (
    suggest(name, known) ?? (maxMisspelt < 1 ? undefined : startingWith(nearest(written, beginnings, maxMisspelt)))
  );
}

function simplified(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, "");
}
