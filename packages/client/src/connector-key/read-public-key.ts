/**
 * Reads the connector's public key from whatever its administrator has: PEM, DER, a certificate, CNG's and CAPI's blobs, a JWK
 * or XML. The content decides, never a file's name. Private keys are refused loudly, since sending one around is the mistake
 * that costs most.
 */
import {
  Asn1Error,
  type Asn1Node,
  integer,
  integerBytes,
  isContext,
  isUniversal,
  NodeBudget,
  readAsn1,
  sequence,
  Tag,
} from "../asn1/read.ts";
import { fromBase64 } from "../bytes.ts";
import { type PublicKeyInfo, readPublicKeyInfo, readRsaPublicKey } from "../certificate/certificate.ts";
import { readKeyBlob } from "./key-blobs.ts";
import { notRsa, privateKey, unreadableKey } from "./key-errors.ts";
import { ConnectorPublicKey, type RsaNumbers } from "./public-key.ts";

/** A public key as WebCrypto and many tools export it; only the properties that matter here. */
export interface PublicJwk {
  readonly kty?: string | undefined;
  readonly n?: string | undefined;
  readonly e?: string | undefined;
  readonly d?: string | undefined;
}

/** Bytes of a file, text, a JWK, or what `readPublicKey` returned. */
export type PublicKeySource = Uint8Array | ArrayBuffer | string | PublicJwk | ConnectorPublicKey;

/** Keys are a few hundred bytes, certificates a few thousand. */
const maxKeyBytes = 1_048_576;

/**
 * Reads the connector's public key.
 *
 * @param source PEM (`PUBLIC KEY`, `RSA PUBLIC KEY`, `CERTIFICATE`), the same three as DER, CNG's `RSAPUBLICBLOB` (what
 *   `Export-IntunePublicKey` writes), CAPI's `PUBLICKEYBLOB`, base64 of any of these, a JWK, or XML `RSAKeyValue`.
 *   Text may be UTF-8, with a byte order mark or without, or UTF-16LE with one.
 * @throws {PfxError} `KEY_UNREADABLE`, `KEY_IS_PRIVATE`, `KEY_NOT_RSA`, `KEY_TOO_SMALL`
 */
export async function readPublicKey(source: PublicKeySource): Promise<ConnectorPublicKey> {
  if (source instanceof ConnectorPublicKey) return source;
  try {
    return await ConnectorPublicKey.from(readNumbers(source));
  } catch (error) {
    throw error instanceof Asn1Error ? unreadableKey() : error;
  }
}

function readNumbers(source: Exclude<PublicKeySource, ConnectorPublicKey>): RsaNumbers {
  if (typeof source === "string") return readText(source);
  if (source instanceof ArrayBuffer) return readBytes(new Uint8Array(source));
  if (source instanceof Uint8Array) return readBytes(source);
  return readJwk(source);
}

function readBytes(bytes: Uint8Array): RsaNumbers {
  if (bytes.length === 0 || bytes.length > maxKeyBytes) throw unreadableKey();
  if (bytes[0] === 0x30) return readDer(bytes);
  return readKeyBlob(bytes) ?? readText(decodeText(bytes));
}

function decodeText(bytes: Uint8Array): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isUtf16 ? "utf-16le" : "utf-8").decode(bytes);
}

function readText(text: string): RsaNumbers {
  const trimmed = text.replace(/^\uFEFF/, "").trim();
  if (trimmed.length > maxKeyBytes) throw unreadableKey();
  if (trimmed.includes("-----BEGIN ")) return readPem(trimmed);
  if (trimmed.startsWith("{")) return readJwk(parseJson(trimmed));
  if (trimmed.startsWith("<")) return readXml(trimmed);
  const decoded = fromBase64(trimmed);
  if (decoded === undefined) throw unreadableKey();
  const numbers = decoded[0] === 0x30 ? readDer(decoded) : readKeyBlob(decoded);
  if (numbers === undefined) throw unreadableKey();
  return numbers;
}

/** The first key or certificate; but for a private one, which is refused wherever it stands. */
function readPem(text: string): RsaNumbers {
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----/.test(text)) throw privateKey();
  const block =
    /-----BEGIN (PUBLIC KEY|RSA PUBLIC KEY|(?:X509 |TRUSTED )?CERTIFICATE)-----([\s\S]*?)-----END \1-----/.exec(text);
  const der = fromBase64(block?.[2] ?? "");
  if (der === undefined) throw unreadableKey();
  return readDer(der);
}

function readDer(der: Uint8Array): RsaNumbers {
  const node = readAsn1(der, new NodeBudget());
  const elements = sequence(node);
  const [first, second, third] = elements;
  if (isUniversal(first, Tag.SEQUENCE) && isUniversal(second, Tag.BIT_STRING)) return readInfo(readPublicKeyInfo(node));
  if (isUniversal(first, Tag.SEQUENCE) && isUniversal(second, Tag.SEQUENCE) && isUniversal(third, Tag.BIT_STRING)) {
    return readInfo(publicKeyOfCertificate(first));
  }
  if (isUniversal(first, Tag.INTEGER) && isUniversal(second, Tag.INTEGER) && third === undefined) {
    return { modulus: integerBytes(first), exponent: integerBytes(second) };
  }
  if (isPrivateKey(elements)) throw privateKey();
  throw unreadableKey();
}

function publicKeyOfCertificate(body: Asn1Node): PublicKeyInfo {
  const elements = sequence(body).slice(isContext(body.children[0], 0) ? 1 : 0);
  return readPublicKeyInfo(elements[5]);
}

function readInfo({ algorithm, keyBytes }: PublicKeyInfo): RsaNumbers {
  // rsaEncryption and RSAES-OAEP
  if (algorithm !== "1.2.840.113549.1.1.1" && algorithm !== "1.2.840.113549.1.1.7") throw notRsa();
  return readRsaPublicKey(keyBytes);
}

/** PKCS #8 (also encrypted), PKCS #1, an elliptic-curve key, and a whole PFX file, all of which hold a private key. */
function isPrivateKey(elements: readonly Asn1Node[]): boolean {
  const [first, second] = elements;
  if (isUniversal(first, Tag.SEQUENCE)) return isUniversal(second, Tag.OCTET_STRING);
  if (!isUniversal(first, Tag.INTEGER) || integer(first) > 3n) return false;
  const isPkcs1 = elements.length >= 9 && elements.every((element) => isUniversal(element, Tag.INTEGER));
  return isPkcs1 || isUniversal(second, Tag.OCTET_STRING) || isUniversal(second, Tag.SEQUENCE);
}

function parseJson(text: string): PublicJwk {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null) return parsed;
  } catch {
    // The parser's message quotes the text.
  }
  throw unreadableKey();
}

function readJwk(jwk: PublicJwk): RsaNumbers {
  if (jwk === null || typeof jwk !== "object") throw unreadableKey();
  if ("d" in jwk && jwk.d !== undefined) throw privateKey();
  if (typeof jwk.kty === "string" && jwk.kty !== "RSA") throw notRsa();
  return { modulus: fromBase64Url(jwk.n), exponent: fromBase64Url(jwk.e) };
}

function fromBase64Url(text: unknown): Uint8Array {
  if (typeof text !== "string") throw unreadableKey();
  const standard = text.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
  const bytes = fromBase64(standard.padEnd(Math.ceil(standard.length / 4) * 4, "="));
  if (bytes === undefined) throw unreadableKey();
  return bytes;
}

/** .NET's `RSA.ToXmlString`. */
function readXml(text: string): RsaNumbers {
  if (/<(?:D|P|Q|InverseQ)>/.test(text)) throw privateKey();
  const elementOf = (name: string) => fromBase64(new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? "");
  const modulus = elementOf("Modulus");
  const exponent = elementOf("Exponent");
  if (modulus === undefined || exponent === undefined) throw unreadableKey();
  return { modulus, exponent };
}
