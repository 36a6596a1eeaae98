/**
 * The search for secrets in what Graph says, against a slower and simpler one: whatever that one cuts, this one cuts too,
 * and it is quick enough for the errors of a whole batch.
 */
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { CreateUserPfxCertificatesDocument as CREATE_MANY } from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { redactSecrets } from "../../src/datasources/graph/protocol/redact-secrets.ts";
import { answerStatus } from "../../src/emulator/faults.ts";
import { encryptAPassword } from "../support/encrypted-password.ts";
import { startGateway } from "../support/gateway.ts";
import { anInput, thumbprintOf } from "../support/input.ts";

const pieceCharacters = 8;

describe("the search for secrets", () => {
  const letters = fc.constantFrom(..."aAbB1+/&\"'\\ éİΣς\ud83d");
  const word = fc.oneof(fc.string({ unit: letters, maxLength: 30 }), fc.string({ unit: "binary", maxLength: 30 }));
  const writing = fc.constantFrom<(secret: string) => string>(
    (secret) => secret,
    (secret) => secret.toUpperCase(),
    (secret) => secret.slice(2, -3),
    (secret) => Buffer.from(`x${secret}`).toString("base64"),
    (secret) => Buffer.from(secret).toString("base64url"),
    (secret) => Buffer.from(secret).toString("hex"),
    (secret) => JSON.stringify(secret),
    (secret) => encodeURIComponent(secret.replace(/\p{Cs}/gu, "")),
    (secret) => secret.replaceAll("&", "&amp;").replaceAll('"', "&quot;"),
  );

  it("cuts everything that a slower reference search cuts, however the secrets are listed", () => {
    const part = fc.oneof(word, fc.record({ which: fc.nat(3), writing }));
    const secrets = fc.array(word, { minLength: 1, maxLength: 4 });

    fc.assert(
      fc.property(secrets, fc.array(part, { maxLength: 6 }), fc.nat(4), (all, parts, owned) => {
        const said = parts.map((each) => (typeof each === "string" ? each : each.writing(all[each.which] ?? "")));
        const text = said.join("").replaceAll("(cut)", "");

        const [first, second] = redactSecrets([text, `${text}.`], all.slice(0, owned), [all.slice(owned)]);

        const slower = slowlyCut(text, all).split("(cut)");
        for (const cut of [first, second?.slice(0, -1)]) {
          let at = 0;
          for (const kept of cut?.split("(cut)") ?? ["nothing was said"]) {
            while (at < slower.length && !slower[at]?.includes(kept)) at++;
            expect(at).toBeLessThan(slower.length);
          }
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("keeps every sentence without a secret", () => {
    const sentence =
      "A certificate with that thumbprint exists already for this user (5f0fc976-9a8e-4a49-a2f8-8978b1c2d325).";
    for (let count = 0; count < 50; count++) {
      const secrets = [4096, 40, 9].map((length) => randomBytes(length).toString("base64"));

      expect(redactSecrets(["Conflict", sentence], secrets)).toEqual(["Conflict", sentence]);
    }
  });

  it("cuts each text separately", () => {
    expect(redactSecrets(["", "0123456789", "a 0123456789 b", "b"], ["0123456789"])).toEqual([
      "",
      "(cut)",
      "a (cut) b",
      "b",
    ]);
    expect(redactSecrets(["0123", "4567"], ["01234567"])).toEqual(["0123", "4567"]);
    expect(redactSecrets([], ["01234567"])).toEqual([]);
    expect(redactSecrets(["say xyz, xyxyzzy!"], [""], [["xyz"], ["xyz"]])).toEqual(["say (cut), xy(cut)zy!"]);
  });
});

describe("a plural create of two hundred files of four kilobytes, each rejected by Graph,", () => {
  it.each([403, 409])("is answered about as quickly as an accepted one: %i", async (status) => {
    const body = { error: { code: "Refused", message: "A certificate with that thumbprint exists already." } };
    const inputs = Array.from({ length: 200 }, (_, number) =>
      anInput({
        thumbprint: thumbprintOf(number),
        encryptedPfxBlob: randomBytes(3072).toString("base64"),
        encryptedPfxPassword: encryptAPassword(),
      }),
    );
    const busyMs: number[] = [];
    for (const faults of [
      [],
      [answerStatus("POST", /userPfxCertificates/, status, { body, times: Number.POSITIVE_INFINITY })],
    ]) {
      await using gateway = await startGateway({ writeQuota: false, faults, config: { graphWritesPer20s: 10_000 } });
      const before = process.cpuUsage();

      const { data } = await gateway.send(CREATE_MANY, { inputs });

      const { user, system } = process.cpuUsage(before);
      busyMs.push((user + system) / 1000);
      expect(data?.createUserPfxCertificates.failedCount).toBe(faults.length * 200);
    }
    // Far from what it takes, and far from the five seconds of a search that looks at every place of every secret.
    expect((busyMs[1] ?? Number.NaN) - (busyMs[0] ?? 0)).toBeLessThan(1500);
  });
});

/** The same by the book: every place of every writing of every secret. */
function slowlyCut(text: string, secrets: readonly string[]): string {
  const marked = new Uint8Array(text.length);
  const lower = lowerOf(text);
  for (const secret of secrets) {
    if (secret.length === 0) continue;
    const width = Math.min(pieceCharacters, secret.length);
    const positions = new Map<string, number[]>();
    for (let at = 0; at + width <= text.length; at++) {
      const piece = lower.slice(at, at + width);
      const known = positions.get(piece);
      if (known === undefined) positions.set(piece, [at]);
      else known.push(at);
    }
    for (const form of formsOf(secret).map(lowerOf)) {
      for (let at = 0; at + width <= form.length; at++) {
        const piece = form.slice(at, at + width);
        for (const position of positions.get(piece) ?? []) marked.fill(1, position, position + width);
        positions.delete(piece); // marked once, done with: text and secret may both be one letter repeated
      }
    }
  }
  let result = "";
  for (let at = 0; at < text.length; at++) {
    if (marked[at] === 0) result += text[at];
    else if (marked[at - 1] !== 1) result += "(cut)";
  }
  return result;
}

/** In lower case, letter for letter: where that would change the length, as it is. */
function lowerOf(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text;
}

function formsOf(secret: string): string[] {
  if (secret.length > 65_536) return [secret];
  const bytes = Buffer.from(secret, "utf8");
  // Base64 of a text depends on where in a group of three bytes it begins.
  const shifted = [0, 1, 2].map((shift) => Buffer.concat([Buffer.alloc(shift), bytes]));
  // Blob and password are base64 themselves: what they decode to may be shown in hexadecimal, too.
  const hex = [bytes, Buffer.from(secret, "base64")].map((each) => each.toString("hex"));
  return [
    secret,
    ...shifted.flatMap((each) => [each.toString("base64"), each.toString("base64url")]),
    ...hex,
    encodeURIComponent(secret.replace(/\p{Cs}/gu, "")),
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
  ];
}
