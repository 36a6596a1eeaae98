/** `*` and `?` in file names, which Windows' shells leave to the program. */

export function hasWildcard(name: string): boolean {
  return /[*?]/.test(name);
}

/**
 * Whether `pattern` fits the whole name: `*` is any text, `?` one character. Takes at most name length × pattern length
 * steps.
 */
export function matchesWildcard(name: string, pattern: string, { ignoreCase }: { ignoreCase: boolean }): boolean {
  const letters = [...(ignoreCase ? name.toLowerCase() : name)];
  const signs = [...(ignoreCase ? pattern.toLowerCase() : pattern)];
  let at = 0;
  let sign = 0;
  // Where to go on when what follows the last star does not fit: the star takes one letter more.
  let lastStar = -1;
  let takenByStar = 0;
  while (at < letters.length) {
    if (signs[sign] === "*") {
      lastStar = sign;
      takenByStar = at;
      sign += 1;
    } else if (signs[sign] === "?" || signs[sign] === letters[at]) {
      at += 1;
      sign += 1;
    } else if (lastStar >= 0) {
      takenByStar += 1;
      at = takenByStar;
      sign = lastStar + 1;
    } else {
      return false;
    }
  }
  return signs.slice(sign).every((each) => each === "*");
}
