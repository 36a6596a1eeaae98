/**
 * Opens a PFX file with its password: counts the rounds of key derivation, checks the MAC, and only then decrypts. Until the
 * MAC has shown that the password is right, an unreadable part may as well mean that it is wrong.
 */
import { Asn1Error, copyOf, readAsn1 } from "../asn1/read.ts";
import type { Bytes } from "../bytes.ts";
import type { Pace } from "../pace.ts";
import { PfxError } from "../pfx-error.ts";
import { type Bag, type BagAttributes, encryptionsOf, readBags, readPrivateKeyInfo } from "./bags.ts";
import { decryptWith, type Encryption } from "./encryption.ts";
import { IterationBudget } from "./iteration-budget.ts";
import { isMacRight } from "./mac.ts";
import { Password } from "./password.ts";
import { type Part, type PfxFile, readParts, visibleEncryptions } from "./pfx-file.ts";

export interface PfxKey {
  /** `PrivateKeyInfo` (PKCS #8); `erase()` of the opened file overwrites it. */
  readonly pkcs8: Bytes;
  readonly attributes: BagAttributes;
}

export interface PfxCertificate {
  /** The certificate as it is in the file. */
  readonly der: Bytes;
  readonly attributes: BagAttributes;
}

export interface OpenedPfx {
  readonly keys: readonly PfxKey[];
  /** In the file's order, without duplicates. */
  readonly certificates: readonly PfxCertificate[];
  /** How keys and certificates are encrypted, part by part. */
  readonly encryptions: readonly Encryption[];
  /** Whether a private key lies in the file as it is. */
  readonly hasPlainKey: boolean;
  /** Overwrites everything decrypted with zeros. */
  erase(): void;
}

export interface OpenOptions {
  /** Rounds of key derivation that the whole file may ask for. */
  readonly maxIterations: number;
  readonly allowMissingMac: boolean;
}

/**
 * @throws {PfxError} `WRONG_PASSWORD`, `DAMAGED`, `NO_INTEGRITY`, `TOO_EXPENSIVE`, `UNSUPPORTED_ALGORITHM`, `UNSUPPORTED_PROTECTION`
 */
export async function openPfx(
  file: PfxFile,
  passwordText: string,
  { maxIterations, allowMissingMac }: OpenOptions,
  pace: Pace,
): Promise<OpenedPfx> {
  const { mac } = file;
  const budget = new IterationBudget(maxIterations);
  const parts = attempt(() => readParts(file));
  budget.spend([...(mac === undefined ? [] : [mac]), ...(parts.ok ? visibleEncryptions(parts.value) : [])]);
  if (mac === undefined && !allowMissingMac) throw noIntegrity();

  const password = new Password(passwordText);
  const secrets: Uint8Array[] = [];
  const erase = () => {
    for (const secret of secrets) secret.fill(0);
  };
  try {
    if (mac !== undefined && !(await isMacRight(mac, file.authenticatedSafe, password, pace))) throw wrongPassword();
    if (!parts.ok) throw parts.error instanceof Asn1Error ? damaged() : parts.error;
    const decryption: Decryption = { file, password, budget, secrets, pace };
    const bags = await inTurn(parts.value, (part) => openPart(part, decryption));
    const keys = await inTurn(bags.flat(), (bag) => openKey(bag, decryption));
    return {
      keys: keys.flat(),
      certificates: await withoutDuplicates(bags.flat(), pace),
      encryptions: [
        ...parts.value.flatMap((part) => (part.type === "encrypted" ? [part.encryption] : [])),
        ...encryptionsOf(bags.flat()),
      ],
      hasPlainKey: parts.value.some((part) => part.type === "plain" && part.bags.some(({ type }) => type === "key")),
      erase,
    };
  } catch (error) {
    erase();
    throw error;
  } finally {
    password.erase();
  }
}

interface Decryption {
  readonly file: PfxFile;
  readonly password: Password;
  readonly budget: IterationBudget;
  /** All that has been decrypted, to be erased. */
  readonly secrets: Uint8Array[];
  readonly pace: Pace;
}

async function openPart(part: Part, decryption: Decryption): Promise<readonly Bag[]> {
  if (part.type === "plain") return part.bags;
  const { file, budget } = decryption;
  const bags = await decryptAs(part, decryption, (plain) => readBags(readAsn1(plain, file.budget)));
  budget.spend(encryptionsOf(bags));
  return bags;
}

/** The key in `bag`, if it holds one. */
async function openKey(bag: Bag, decryption: Decryption): Promise<readonly PfxKey[]> {
  if (bag.type === "certificate") return [];
  const { file, secrets } = decryption;
  const pkcs8 =
    bag.type === "key"
      ? bag.pkcs8
      : await decryptAs(bag, decryption, (plain) => readPrivateKeyInfo(readAsn1(plain, file.budget)));
  const copy = copyOf(pkcs8);
  secrets.push(copy);
  return [{ pkcs8: copy, attributes: bag.attributes }];
}

/** Decrypts and reads. Bytes that can't be read are what a wrong password leaves where no MAC has refused it. */
async function decryptAs<T>(
  { encryption, data }: { readonly encryption: Encryption; readonly data: Uint8Array },
  { file, password, secrets, pace }: Decryption,
  read: (plain: Bytes) => T,
): Promise<T> {
  const plain = await decryptWith(password, encryption, data, pace);
  if (plain !== undefined) {
    secrets.push(plain);
    const result = attempt(() => read(plain));
    if (result.ok) return result.value;
    if (!(result.error instanceof Asn1Error)) throw result.error;
  }
  throw file.mac === undefined ? wrongPassword() : damaged();
}

/** Files that export a chain for each of their keys have certificates twice. */
async function withoutDuplicates(bags: readonly Bag[], pace: Pace): Promise<readonly PfxCertificate[]> {
  const decoder = new TextDecoder("latin1"); // one character for each byte
  const certificates = new Map<string, PfxCertificate>();
  for (const bag of bags) {
    if (bag.type !== "certificate") continue;
    const der = copyOf(bag.der);
    const text = decoder.decode(der);
    if (!certificates.has(text)) certificates.set(text, { der, attributes: bag.attributes });
    await pace.pauseIfDue();
  }
  return [...certificates.values()];
}

type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

function attempt<T>(read: () => T): Attempt<T> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    return { ok: false, error };
  }
}

async function inTurn<T, R>(items: readonly T[], step: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await step(item));
  return results;
}

function wrongPassword(): PfxError {
  return new PfxError("WRONG_PASSWORD", "the password does not open this file, or the file is damaged");
}

export function damaged(): PfxError {
  return new PfxError("DAMAGED", "the password is right, but a part of this file can't be read");
}

function noIntegrity(): PfxError {
  return new PfxError(
    "NO_INTEGRITY",
    "this file has no integrity check (MAC), so nothing shows that it is undamaged; export it again",
  );
}
