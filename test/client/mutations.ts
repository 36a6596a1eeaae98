/** Files with bytes changed, cut out or put in at random: whatever they are, the library must answer in its own words. */
import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { PfxError, prepareUserPfxCertificate } from "intune-pfx-client";
import { aCertificate, aPfxOf, aSafeContents, ExtendedKeyUsage, pkcs8Of } from "../support/pfx.ts";
import { keyFile, pfxFile, vectors } from "./vectors.ts";

const seed = 20_261_129;
const options = {
  publicKey: keyFile("connector.spki.pem"),
  keyName: "K",
  maxIterations: 300_000,
  protection: "keep",
  userPrincipalName: "user1@contoso.example",
  now: new Date("2026-11-29T12:00:00Z"),
} as const;

const changes = fc.array(fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) }), {
  minLength: 1,
  maxLength: 4,
});
const kinds = fc.constantFrom("flip", "cut", "insert");
type Change = { at: number; byte: number };

function mutate(original: Uint8Array, all: readonly Change[], kind: "flip" | "cut" | "insert"): Uint8Array {
  let bytes = Buffer.from(original);
  for (const { at, byte } of all) {
    const position = at % Math.max(1, bytes.length);
    const [before, after] = [bytes.subarray(0, position), bytes.subarray(position)];
    if (kind === "flip") bytes[position] = byte;
    if (kind === "cut") bytes = Buffer.concat([before, after.subarray(1 + (byte % 16))]);
    if (kind === "insert") bytes = Buffer.concat([before, Buffer.from([byte]), after]);
  }
  return bytes;
}

/** How often each outcome came: `prepared`, or the code of the error. Anything but a `PfxError` fails the property. */
type Outcomes = ReadonlyMap<string, number>;

/** Mutates the vectors whose key derivation is cheap. Nearly all of these files fail their integrity check. */
export async function prepareMutatedFiles(runs: number): Promise<Outcomes> {
  const cheap = vectors.filter(({ file }) => !/ct38|nss3110|b-mac/.test(file));
  const outcomes = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...cheap), changes, kinds, async ({ file, password }, all, kind) => {
      await count(outcomes, mutate(pfxFile(file), all, kind), password);
    }),
    { numRuns: runs, seed },
  );
  return outcomes;
}

/** Mutates keys and certificates, and puts a right integrity check around them: what is behind it is read as well. */
export async function prepareMutatedContents(runs: number): Promise<Outcomes> {
  const contents = [
    generateKeyPairSync("rsa", { modulusLength: 2048 }),
    generateKeyPairSync("ec", { namedCurve: "P-256" }),
  ].map(({ publicKey, privateKey }) =>
    aSafeContents({
      keys: [{ der: pkcs8Of(privateKey), friendlyName: "a key", localKeyId: "1" }],
      certificates: [
        {
          der: aCertificate({
            publicKey,
            userPrincipalNames: ["user1@contoso.example"],
            rfc822Names: ["user1@contoso.example"],
            emailAddresses: ["user1@contoso.example"],
            extendedKeyUsages: [ExtendedKeyUsage.EMAIL],
            keyUsages: ["digitalSignature", "keyEncipherment"],
            isCa: false,
          }),
          friendlyName: "a certificate",
          localKeyId: "1",
        },
      ],
    }),
  );
  const outcomes = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...contents), changes, kinds, async (content, all, kind) => {
      await count(outcomes, aPfxOf(mutate(content, all, kind)), "secret");
    }),
    { numRuns: runs, seed },
  );
  return outcomes;
}

async function count(outcomes: Map<string, number>, file: Uint8Array, password: string): Promise<void> {
  const outcome = await prepareUserPfxCertificate(file, password, options).then(
    () => "prepared",
    (error: unknown) => {
      if (!(error instanceof PfxError)) throw error;
      return error.code;
    },
  );
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
}
