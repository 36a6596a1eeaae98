/** "Did you mean": the known name that is closest to a misspelt one. */
import { nearest } from "../files/edit-distance.ts";

const maxDistance = 2;

/** `undefined` where nothing is within two letters; case, hyphens and underscores don't count. */
export function suggest(name: string, known: readonly string[]): string | undefined {
  const closest = nearest(simplified(name), known.map(simplified), maxDistance);
  return known.find((candidate) => simplified(candidate) === closest && candidate.length > maxDistance);
}

function simplified(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, "");
}
