/** Thumbprints as people paste them: from certificate dialogs, openssl and PowerShell. */

const clean = /^[0-9a-f]{40}$/;

/**
 * Removes colons, dashes, white space and invisible characters, and changes the digits to lower case, as Graph stores them.
 * Windows' certificate dialog puts U+200E before the first digit.
 */
export function cleanThumbprint(text: string): string {
  if (clean.test(text)) return text;
  return text.replace(/[:\s\p{Pd}\p{Cf}]+/gu, "").toLowerCase();
}
