/** Decides whether a text of Graph may be shown. It is shown as a whole or not at all. */

/** The shortest piece of a secret that does not show. */
const pieceCharacters = 8;
/** Letters and digits outside words: enough for an error number, too few for data in any encoding. */
const maxOddCharacters = 11;

/** Escapes, markup, JSON and rare characters. */
const noProse = /[\\<>&{}]|%[0-9a-f]{2}|[^ -~‘’“”–—…]/i;
const guid = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi;
const lettersWithVowel = "(?=[a-z]*[aeiouy])[a-z]{2,20}";
const partOfName = `(?:PFX)?[A-Z]${lettersWithVowel}|Pfx|Edm`;
/** `a`, `It`, `RSA`, `scopes`, `Forbidden`, `DeviceManagementConfiguration`, `userPfxCertificates`. */
const word = new RegExp(`^(?:[A-Z]?[aeiouy]|[AEIOU][a-z]|[A-Z]{0,11}|(?:${lettersWithVowel})?(?:${partOfName})*)$`);

/**
 * Whether a short text is prose and holds no piece of a secret, in upper or lower case, with or without blanks and signs. No
 * encoding is searched: an encoded secret is no prose.
 */
export function isShowable(text: string, secrets: readonly string[]): boolean {
  if (!isProse(text)) return false;
  const lowerText = text.toLowerCase();
  const holds = pieceSearch(lowerText);
  const holdsBare = pieceSearch(withoutSigns(lowerText));
  return !secrets.some((secret) => {
    const lower = secret.toLowerCase();
    const bare = withoutSigns(lower);
    return holdsBare(bare) || (bare !== lower && holds(lower));
  });
}

function isProse(text: string): boolean {
  const runs = text.replace(guid, " ").match(/[\w+/=-]+/g) ?? [];
  const odd = runs.filter((run) => !run.split(/[+/=_-]+/).every((part) => word.test(part)));
  return !noProse.test(text) && odd.join("").length <= maxOddCharacters;
}

/** Leaves letters, digits and the signs of base64, of which a file consists. */
function withoutSigns(lower: string): string {
  return lower.replace(/[^a-z0-9+/=]+/g, "");
}

/** Searches a text for pieces of long secrets. Each piece has four characters that begin at a multiple of five. */
function pieceSearch(text: string): (secret: string) => boolean {
  const fours = new Set(Array.from(text, (_, at) => text.slice(at, at + 4)));
  return (secret) => {
    const last = secret.length - pieceCharacters;
    if (last <= 0) return secret !== "" && text.includes(secret);
    for (let at = 0; at + 4 <= secret.length; at += 5) {
      if (!fours.has(secret.slice(at, at + 4))) continue;
      for (let from = Math.max(0, at - 4); from <= Math.min(at, last); from++) {
        if (text.includes(secret.slice(from, from + pieceCharacters))) return true;
      }
    }
    return false;
  };
}
