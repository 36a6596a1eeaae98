/** What a file is that is no PFX file: a hint is often all that its owner needs. */
import { isUniversal, NodeBudget, readAsn1, sequence, Tag } from "../asn1/read.ts";
import { fromBase64 } from "../bytes.ts";
import { PfxError } from "../pfx-error.ts";

/** As much as is looked at of a text: megabytes of it would hold the thread for a second. */
const beginningBytes = 65_536;

export function notAPfx(bytes: Uint8Array): PfxError {
  return new PfxError("NOT_A_PFX", `this is no PFX file (PKCS #12), or it is damaged${hintFor(bytes)}`);
}

function hintFor(bytes: Uint8Array): string {
  if (bytes.length === 0) return "; it is empty";
  if (isJavaKeystore(bytes)) return "; it is a Java keystore (JKS): convert it with keytool";
  if (isCertificate(bytes)) return "; it is a certificate without a key";
  const text = decodeText(bytes.subarray(0, beginningBytes));
  if (text.includes("-----BEGIN ")) return "; it is PEM text";
  const firstDigits = text.replace(/\s/g, "").slice(0, 1024);
  if (fromBase64(firstDigits)?.[0] === 0x30) return "; it is base64 text: decode it first";
  return "";
}

function isJavaKeystore(bytes: Uint8Array): boolean {
  const magic = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return bytes.length >= 4 && (magic.getUint32(0) === 0xfeedfeed || magic.getUint32(0) === 0xcececece);
}

/** Two sequences and a signature. */
function isCertificate(bytes: Uint8Array): boolean {
  try {
    const [body, algorithm, signature] = sequence(readAsn1(bytes, new NodeBudget()));
    return (
      isUniversal(body, Tag.SEQUENCE) && isUniversal(algorithm, Tag.SEQUENCE) && isUniversal(signature, Tag.BIT_STRING)
    );
  } catch {
    return false;
  }
}

/** UTF-16 as Windows PowerShell writes it, else UTF-8. */
function decodeText(bytes: Uint8Array): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isUtf16 ? "utf-16le" : "utf-8").decode(bytes);
}
