/** Names from files, folders and lists, made safe to show. */

/** Replaces what a terminal or a log would obey: control characters, hidden characters, halves of characters. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, "\uFFFD");
}

/** A path as an argument in a command that a message suggests. */
export function asArgument(path: string, platform: NodeJS.Platform): string {
  const shown = printable(path);
  if (/^[\w./\\:@+,~-]+$/.test(shown)) return shown;
  return platform === "win32" ? `"${shown}"` : `'${shown.replaceAll("'", "'\\''")}'`;
}
