/** An inspected file for people: a block of lines that fit 80 columns as far as names and paths are short. */
import type { DerivedFromPassword, InspectedCertificate, PfxProtection } from "intune-pfx-client";
import { printable } from "../../files/printable.ts";
import type { ItemFacts } from "../../import/item.ts";
import type { Opened } from "../../import/open-entry.ts";
import { count, purposeWord } from "../../output/words.ts";
import type { InspectedFile } from "./inspect-file.ts";

const sourceWords: Readonly<Record<ItemFacts["userSource"], string>> = {
  "file name": "the file's name",
  list: "the list",
  option: "--user",
  userPrincipalName: "the certificate's UPN",
  emailAddress: "the certificate's e-mail address",
};

/** Lines without line ends; the first one names the file. */
export function inspectText({ entry, contents, opened }: InspectedFile): string[] {
  const certificates = contents?.certificates ?? [];
  const withKey = certificates.filter(({ hasPrivateKey }) => hasPrivateKey);
  const others = certificates.length - withKey.length;
  return [
    printable(entry.source),
    ...withKey.flatMap((certificate) => [
      `  ${certificateLine(certificate, factsOf(certificate, opened))}`,
      ...namesOf(certificate),
      ...opened.flatMap((each) => (concerns(each, certificate) ? itemLines(each) : [])),
    ]),
    ...(others > 0 ? [`  and ${count(others, "certificate")} without a private key in this file`] : []),
    ...opened.flatMap((each) => (withKey.some((one) => concerns(each, one)) ? [] : resultLines(each, "  "))),
    ...(contents === undefined ? [] : protectionLines(contents.protection)),
  ];
}

/** `encryption  3fa9c1d2... 2026-11-20 to 2028-11-20  RSA 2048`; the purpose in which it would be sent, else the suggested one. */
function certificateLine(certificate: InspectedCertificate, facts: ItemFacts | undefined): string {
  const { thumbprint, startDateTime, expirationDateTime, keyAlgorithm, keyBits, isCa, suggestedPurpose } = certificate;
  const purpose = facts?.purpose ?? suggestedPurpose;
  const kind = isCa ? "authority" : purpose === null ? "no purpose" : purposeWord(purpose);
  const bits = keyBits === null || keyAlgorithm !== "RSA" ? "" : ` ${keyBits}`;
  const validity = `${startDateTime.slice(0, 10)} to ${expirationDateTime.slice(0, 10)}`;
  return `${kind.padEnd(10)}  ${thumbprint.slice(0, 8)}... valid ${validity}  ${keyAlgorithm}${bits}`;
}

function namesOf({ userPrincipalNames, emailAddresses, subject }: InspectedCertificate): string[] {
  const names = [...new Set([...userPrincipalNames, ...emailAddresses])];
  return [`    for ${printable(names.length > 0 ? names.join(", ") : subject || "nobody by name")}`];
}

function factsOf({ thumbprint }: InspectedCertificate, opened: readonly Opened[]): ItemFacts | undefined {
  const found = opened.find((each) => thumbprintOf(each) === thumbprint);
  if (found === undefined) return undefined;
  return "item" in found ? found.item.facts : found.result.facts;
}

function concerns(opened: Opened, { thumbprint }: InspectedCertificate): boolean {
  return thumbprintOf(opened) === thumbprint;
}

function thumbprintOf(opened: Opened): string | undefined {
  return "item" in opened ? opened.item.facts.thumbprint : opened.result.facts?.thumbprint;
}

function itemLines(opened: Opened): string[] {
  if ("result" in opened) return resultLines(opened, "    ");
  const { user, userSource, warnings } = opened.item.facts;
  return [
    `    would be imported for ${printable(user)}, from ${sourceWords[userSource]}`,
    ...warnings.map(({ code, message }) => `    warning: ${printable(message)} (${code})`),
  ];
}

function resultLines(opened: Opened, indent: string): string[] {
  if ("item" in opened) return [];
  const { outcome, message = "", code = "" } = opened.result;
  const words = outcome === "skipped" ? "would be skipped" : "can't be imported";
  return [`${indent}${words}: ${printable(message)} (${code})`];
}

function protectionLines({ mac, ciphers }: PfxProtection): string[] {
  const encrypted = ciphers.length === 0 ? ["nothing in this file is encrypted"] : ciphers.map(ciphersLine);
  return [
    ...encrypted.map((line) => `  ${line}`),
    mac === null ? "  no integrity check (MAC)" : `  integrity check by ${derived(mac)}`,
  ];
}

function ciphersLine(cipher: DerivedFromPassword): string {
  return `encrypted by ${derived(cipher)}`;
}

function derived({ algorithm, iterations }: DerivedFromPassword): string {
  return `${algorithm}, ${count(iterations, "round")}`;
}
