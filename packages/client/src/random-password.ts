/** A password for a file that is written anew: nobody has to read, type or keep it. */

/** Letters and digits that can't be mistaken for one another. */
const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
const length = 32;
/** Random bytes from here on would make the first characters of the alphabet more likely. */
const limit = 256 - (256 % alphabet.length);

export function randomPassword(): string {
  let password = "";
  while (password.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      if (byte < limit && password.length < length) password += alphabet.charAt(byte % alphabet.length);
    }
  }
  return password;
}
