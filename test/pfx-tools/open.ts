/** What OpenSSL, keytool, certtool and pk12util find in a PFX file. */
import { createHash } from "node:crypto";
import { newFile, newFolder, newPath, readBytes, run, tryRun } from "./run.ts";

export interface OpenedBag {
  /** PKCS #8 or X.509 as DER, in base64. */
  der: string;
  /** As OpenSSL prints it: the low byte of each UTF-16 unit. */
  friendlyName: string | undefined;
  /** Names of all attributes of the bag, sorted. */
  attributes: string[];
}

export interface OpenedFile {
  keys: OpenedBag[];
  /** In the file's order. */
  certificates: OpenedBag[];
}

/** Keys and certificates by `openssl pkcs12`, the keys as `openssl pkcs8` writes them. */
export async function openByOpenssl(
  pfx: Uint8Array,
  password: string,
  flags: readonly string[] = ["-legacy"],
): Promise<OpenedFile> {
  const args = ["pkcs12", "-in", newFile("file.pfx", pfx), "-passin", "env:PFX_PASSWORD", "-nodes", ...flags];
  const printed = (await run("openssl", args, { env: { PFX_PASSWORD: password } })).toString("latin1");
  const opened: OpenedFile = { keys: [], certificates: [] };
  for (const [pem, before = "", label] of printed.matchAll(
    /([^-]*(?:-(?!----BEGIN)[^-]*)*)-----BEGIN ([A-Z ]+)-----[\s\S]*?-----END \2-----\n/g,
  )) {
    const block = pem.slice(before.length);
    // Bags of other kinds, such as secrets, come without PEM.
    const [bagAttributes = ""] = before.slice(before.lastIndexOf("Bag Attributes")).split("Key Attributes");
    const attributes = [...bagAttributes.matchAll(/^ {4}([^:\n]+): /gm)].map(([, name = ""]) => name).sort();
    const friendlyName = /^ {4}friendlyName: (.*)$/m.exec(bagAttributes)?.[1];
    if (label === "CERTIFICATE") {
      opened.certificates.push({ der: block.replace(/-----.*-----|\n/g, ""), friendlyName, attributes });
    } else {
      const der = await run("openssl", ["pkcs8", "-topk8", "-nocrypt", "-outform", "DER"], { stdin: block });
      opened.keys.push({ der: der.toString("base64"), friendlyName, attributes });
    }
  }
  return opened;
}

/** Whether `openssl pkcs12` opens it. */
export async function opensByOpenssl(pfx: Uint8Array, password: string, flags: readonly string[]): Promise<boolean> {
  const args = ["pkcs12", "-in", newFile("file.pfx", pfx), "-passin", "env:PFX_PASSWORD", "-noout", ...flags];
  return (await tryRun("openssl", args, { env: { PFX_PASSWORD: password } })).status === 0;
}

export interface ListedEntry {
  /** keytool writes it in lower case. */
  alias: string;
  type: string;
  /** SHA-1 of each certificate, the entry's own first. */
  chain: string[];
}

export async function listByKeytool(pfx: Uint8Array, password: string): Promise<ListedEntry[]> {
  const store = ["-keystore", newFile("file.p12", pfx), "-storepass:file", newFile("password", password)];
  const listed = (await run("keytool", ["-list", "-v", "-storetype", "PKCS12", ...store])).toString();
  return listed
    .split(/^Alias name: /m)
    .slice(1)
    .map((entry) => ({
      alias: entry.split("\n")[0] ?? "",
      type: /^Entry type: (\w+)$/m.exec(entry)?.[1] ?? "",
      chain: [...entry.matchAll(/^\s*SHA1: ([0-9A-F:]+)$/gm)].map(([, digits = ""]) => toThumbprint(digits)),
    }));
}

/** A copy that keytool makes, for which it needs the private key: in contrast to `-list`, which never decrypts that. */
export async function copyByKeytool(pfx: Uint8Array, password: string): Promise<Uint8Array> {
  const copy = newPath("copy.p12");
  const passwordFile = newFile("password", password);
  const from = [
    "-srckeystore",
    newFile("file.p12", pfx),
    "-srcstoretype",
    "PKCS12",
    "-srcstorepass:file",
    passwordFile,
  ];
  const to = ["-destkeystore", copy, "-deststoretype", "PKCS12", "-deststorepass:file", passwordFile];
  await run("keytool", ["-importkeystore", "-noprompt", ...from, ...to]);
  return readBytes(copy);
}

export interface CerttoolInfo {
  mac: string;
  keys: number;
  /** DER in base64, in the file's order. */
  certificates: string[];
  friendlyNames: string[];
}

/** By `certtool --p12-info`, which checks the MAC and decrypts the certificates. It asks for the password. */
export async function infoByCerttool(pfx: Uint8Array, password: string): Promise<CerttoolInfo> {
  const args = ["--p12-info", "--inder", "--infile", newFile("file.p12", pfx)];
  const printed = (await run("certtool", args, { stdin: `${password}\n` })).toString();
  return {
    mac: /^\s*MAC: (\S+)/m.exec(printed)?.[1] ?? "",
    keys: printed.match(/^\s*Type: PKCS #8 Encrypted key$/gm)?.length ?? 0,
    certificates: [...printed.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END/g)].map(([, base64 = ""]) =>
      base64.replaceAll("\n", ""),
    ),
    friendlyNames: [...printed.matchAll(/^\tFriendly name: (.*)$/gm)].map(([, name = ""]) => name),
  };
}

export interface Pk12utilList {
  keys: number;
  friendlyNames: string[];
  certificates: { thumbprint: string; hasPrivateKey: boolean; isKeyKnown: boolean }[];
}

/** By `pk12util -l`. Of keys that NSS does not know, it says so and lists their certificates all the same. */
export async function listByPk12util(pfx: Uint8Array, password: string): Promise<Pk12utilList> {
  const args = ["-l", newFile("file.p12", pfx), "-w", newFile("password", password)];
  const printed = (await run("pk12util", args)).toString();
  return {
    keys: printed.match(/^Key\(shrouded\):$/gm)?.length ?? 0,
    friendlyNames: [...printed.matchAll(/^ {4}Friendly Name: (.*)$/gm)].map(([, name = ""]) => name),
    certificates: printed
      .split(/^(?=Certificate(?:\(has private key\))?:$)/m)
      .filter((part) => part.startsWith("Certificate"))
      .map((part) => ({
        thumbprint: toThumbprint(/Fingerprint \(SHA1\):\s+([0-9A-F:]+)/.exec(part)?.[1] ?? ""),
        hasPrivateKey: part.startsWith("Certificate(has private key)"),
        isKeyKnown: !part.includes("Unsupported or unknown key algorithm"),
      })),
  };
}

/** SHA-1 of a certificate in base64. */
export function thumbprintOf(der: string): string {
  return createHash("sha1").update(Buffer.from(der, "base64")).digest("hex");
}

function toThumbprint(digits: string): string {
  return digits.replaceAll(":", "").toLowerCase();
}

/** A new certificate database of NSS, without a password. */
export async function newNssDatabase(): Promise<string> {
  const database = `sql:${newFolder()}`;
  await run("certutil", ["-N", "-d", database, "--empty-password"]);
  return database;
}

/** Whether `pk12util -i` imports the file, for which it needs the private key. */
export async function importsByPk12util(pfx: Uint8Array, password: string): Promise<boolean> {
  const database = await newNssDatabase();
  const from = ["-i", newFile("file.p12", pfx), "-w", newFile("password", password)];
  const { status } = await tryRun("pk12util", [...from, "-d", database]);
  if (status !== 0) return false;
  const keys = (await run("certutil", ["-K", "-d", database])).toString();
  if (!/^< 0> /m.test(keys)) throw new Error(`pk12util imported no key: ${keys}`);
  return true;
}
