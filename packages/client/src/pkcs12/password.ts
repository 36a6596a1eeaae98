/**
 * A password in the forms that key derivation takes. PKCS #12's own derivation takes UTF-16 with a terminating zero, PBKDF2
 * takes UTF-8; some programs give PBKDF2 the UTF-16 form as well. Windows derives keys of a file without a password from
 * zero bytes, others from the terminating zero alone.
 */
import type { Bytes } from "../bytes.ts";

export class Password {
  /** For PKCS #12's derivation, in the order in which they are tried. */
  utf16Forms: Bytes[];
  /** For PBKDF2, in the order in which they are tried. */
  readonly utf8Forms: readonly Bytes[];

  constructor(text: string) {
    const utf16 = toUtf16WithTerminator(text);
    this.utf16Forms = text === "" ? [utf16, new Uint8Array(0)] : [utf16];
    this.utf8Forms = [new Uint8Array(new TextEncoder().encode(text)), utf16];
  }

  /** Tries `form` first from now on: one part of the file has been opened with it. */
  prefer(form: Bytes): void {
    if (this.utf16Forms.includes(form)) {
      this.utf16Forms = [form, ...this.utf16Forms.filter((other) => other !== form)];
    }
  }

  erase(): void {
    for (const form of [...this.utf16Forms, ...this.utf8Forms]) form.fill(0);
  }
}

/** Big-endian code units, so that characters beyond U+FFFF are surrogate pairs. */
function toUtf16WithTerminator(text: string): Bytes {
  const bytes = new Uint8Array(text.length * 2 + 2);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < text.length; index += 1) view.setUint16(index * 2, text.charCodeAt(index));
  return bytes;
}
