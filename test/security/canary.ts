/** Random values to plant where secrets go, and the search for what became of them. */
import { randomBytes, randomInt } from "node:crypto";
import { format } from "node:util";
import { vi } from "vitest";
import { encryptAPassword } from "../support/encrypted-password.ts";
import type { TestGateway } from "../support/gateway.ts";

/** The secrets of one request. */
export interface Canaries {
  /** Base64, as the file must be. */
  readonly blob: string;
  /** A password in clear, with characters that JSON, URLs and HTML write in another way; or its ciphertext. */
  readonly password: string;
  /** A bearer token; it begins like a number, so that a parser of JSON stumbles in the midst of it. */
  readonly token: string;
}

const pieceCharacters = 12;

/** @param isStorable whether they must be taken: the password is a real ciphertext then. */
export function plantCanaries({ isStorable = false } = {}): Canaries {
  const random = (bytes: number) => randomBytes(bytes).toString("base64url");
  return {
    blob: randomBytes(60).toString("base64"),
    password: isStorable ? encryptAPassword() : `${random(18)}"é/+\\<&>'${random(18)}`,
    token: `${randomInt(1e11, 1e12)}${random(30)}`,
  };
}

/**
 * The writings of the canaries of which a piece shows in one of the places.
 *
 * Every piece of a place is looked up among the pieces of the secrets: a search for each piece of the secrets would read every
 * place thousands of times.
 */
export function showing(canaries: Partial<Canaries>, places: Readonly<Record<string, string>>): string[] {
  const writingsWith = new Map<string, Set<string>>();
  for (const [name, secret] of Object.entries(canaries)) {
    for (const [writing, text] of Object.entries(writingsOf(secret))) {
      for (const piece of piecesOf(text)) {
        const writings = writingsWith.get(piece);
        if (writings) writings.add(`${name}, ${writing}`);
        else writingsWith.set(piece, new Set([`${name}, ${writing}`]));
      }
    }
  }
  const found = new Set<string>();
  for (const [place, content] of Object.entries(places)) {
    for (const piece of piecesOf(content)) {
      for (const writing of writingsWith.get(piece) ?? []) found.add(`${writing}, in ${place}`);
    }
  }
  return [...found];
}

/** Every run of twelve characters, in lower case. */
function* piecesOf(text: string): Generator<string> {
  const lower = text.toLowerCase();
  for (let at = 0; at + pieceCharacters <= lower.length; at++) yield lower.slice(at, at + pieceCharacters);
}

/** A secret as programs write it. */
export function writingsOf(secret: string): Readonly<Record<string, string>> {
  const bytes = Buffer.from(secret);
  const shifted = [1, 2].map((count) =>
    Buffer.concat([Buffer.alloc(count), bytes])
      .toString("base64")
      .slice(4),
  );
  const escaped = JSON.stringify(secret).slice(1, -1);
  return {
    raw: secret,
    base64: bytes.toString("base64"),
    base64url: bytes.toString("base64url"),
    "base64, shifted by one": shifted[0] ?? "",
    "base64, shifted by two": shifted[1] ?? "",
    hex: bytes.toString("hex"),
    "hex with blanks": (bytes.toString("hex").match(/../g) ?? []).join(" "),
    "hex of what it decodes to": Buffer.from(secret, "base64").toString("hex"),
    "URL-encoded": encodeURIComponent(secret),
    "JSON-escaped": escaped,
    "JSON-escaped twice": JSON.stringify(escaped).slice(1, -1),
    "HTML-escaped": secret
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;"),
  };
}

/** Listens to what this process prints until it is disposed. */
export function listenToOutput(): Disposable & { readonly text: string } {
  const texts: string[] = [];
  const streams = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockImplementation((chunk) => {
      texts.push(String(chunk));
      return true;
    }),
  );
  const methods = (["log", "info", "warn", "error", "debug", "trace"] as const).map((method) =>
    vi.spyOn(console, method).mockImplementation((...values: unknown[]) => void texts.push(format(...values))),
  );
  return {
    get text() {
      return texts.join("\n");
    },
    [Symbol.dispose]() {
      for (const spy of [...streams, ...methods]) spy.mockRestore();
    },
  };
}

/** Where a canary could show after a request: the answer, its headers, the log, and what is told of it elsewhere. */
export function placesOf(
  gateway: TestGateway,
  { text, headers }: { readonly text: string; readonly headers: Headers },
  elsewhere: { readonly output: string; readonly metrics: string; readonly spans: string },
): Readonly<Record<string, string>> {
  return { answer: text, headers: JSON.stringify([...headers]), log: JSON.stringify(gateway.log), ...elsewhere };
}
