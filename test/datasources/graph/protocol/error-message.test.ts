/** What of Graph's words is shown: plain prose without a secret, whole, and nothing else. */
import { createHash, randomBytes } from "node:crypto";
import fc from "fast-check";
import { CreateUserPfxCertificatesDocument as CREATE_MANY } from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { readGraphError } from "../../../../src/datasources/graph/protocol/error-message.ts";
import { answerStatus } from "../../../../src/emulator/faults.ts";
import { showing, writingsOf } from "../../../security/canary.ts";
import { encryptAPassword } from "../../../support/encrypted-password.ts";
import { startGateway } from "../../../support/gateway.ts";
import { anInput, thumbprintOf } from "../../../support/input.ts";

const shownOf = (message: string, secrets: readonly string[] = []) =>
  readGraphError({ error: { code: "BadRequest", message } }, secrets).message;

const codeOf = (code: string, secrets: readonly string[] = []) => readGraphError({ error: { code } }, secrets).code;

/** No secret of a request looks like these. */
const odd = ['kV7q"TzR2\\mXw9/LbD4+cJ8s=Fh3N&pY6u', "Zq3 w+rT'x&<é>9\"k!(p)~*", "Zq3w+é'9kTv+Wm5"];

describe("a message with a piece of a secret", () => {
  const shortest = 12;
  /** Bytes that look random, the same for the same seed. */
  const bytesOf = (seed: string, length: number) =>
    Buffer.concat(
      Array.from({ length: Math.ceil(length / 64) }, (_, n) => createHash("sha512").update(`${seed} ${n}`).digest()),
    ).subarray(0, length);

  it("is not shown, whichever the piece and its encoding", () => {
    const writing = fc.constantFrom(...Object.keys(writingsOf("")));
    const part = fc.record({ whose: fc.nat(3), start: fc.double({ min: 0, max: 1, noNaN: true }), writing });
    const quote = fc.tuple(part, fc.integer({ min: shortest, max: 100 }), fc.boolean());

    fc.assert(
      fc.property(
        fc.nat(),
        fc.constantFrom(...odd),
        quote,
        (seed, strange, [{ whose, start, writing }, length, isBare]) => {
          const canaries = {
            blob: bytesOf(`blob ${seed}`, 900).toString("base64"),
            password: bytesOf(`password ${seed}`, 256).toString("base64"),
            token: `eyJ0.${bytesOf(`token ${seed}`, 300).toString("base64url")}.`,
          };
          const secrets = [...Object.values(canaries), strange];
          const secret = secrets[whose] ?? "";
          const from = Math.floor(start * (secret.length - shortest));
          const said = writingsOf(secret.slice(from, from + length))[writing] ?? "";

          const { code, message } = readGraphError(
            { error: { code: `Bad_${said}`, message: isBare ? said : `The value '${said}' is not valid.` } },
            secrets,
          );

          if (whose < 3) expect([code, message]).toEqual([null, null]);
          else expect(showing({ password: strange }, { code: code ?? "", message: message ?? "" })).toEqual([]);
        },
      ),
      // One in some 100,000 of the shortest pieces of base64 reads like a word, so the pieces are the same every time.
      { numRuns: 3000, seed: 20260101 },
    );
  });

  it("is not shown if the piece has eight characters, wherever it is in the secret, and is if it has seven", () => {
    for (const secret of ["Zq3wbrTx9kTvWm5nLp7cHd2", "+q3/b+T/9-T.W~5_L+7/H=2"]) {
      const pieces = (width: number) =>
        Array.from({ length: secret.length - width + 1 }, (_, at) => secret.slice(at, at + width));
      const said = (piece: string) => `The value ${piece} is wrong.`;

      expect(pieces(8).map((piece) => shownOf(said(piece), [secret]))).toEqual(pieces(8).map(() => null));
      expect(pieces(7).map((piece) => shownOf(said(piece), [secret]))).toEqual(pieces(7).map(said));
      expect(pieces(8).map((piece) => shownOf(said(piece)))).toEqual(pieces(8).map(said));
    }
  });

  it.each([
    ["in capitals", "No ZQ3WBRTX here."],
    ["in small letters", "No zq3wbrtx here."],
    ["with blanks", "No Z q 3 w b r T x here."],
    ["with dashes and line breaks", "No Zq3-\r\nwbr-\r\nTx here."],
    ["in quotes of their own", "No 'Zq3', 'wbrTx' here."],
  ])("is not shown if the piece stands there %s", (_, message) => {
    expect(shownOf(message, ["an0therSecret", "..Zq3wbrTx.."])).toBeNull();
    expect(shownOf(message, ["an0therSecret"])).not.toBeNull();
  });

  it("is not shown if it has a whole short secret", () => {
    expect(shownOf("Say xyz!", ["xyz"])).toBeNull();
    expect(shownOf("Say x-Yz!", ["xyz"])).toBeNull();
    expect(shownOf("Say xy, z.", ["", "wxyz"])).toBe("Say xy, z.");
  });

  it("leaves the code, which is judged by itself", () => {
    const body = { error: { code: "BadRequest", message: "No Zq3wbrTx here." } };
    expect(readGraphError(body, ["Zq3wbrTx"])).toMatchObject({ code: "BadRequest", message: null });
    expect(readGraphError({ error: { code: "Bad_Zq3wbrTx", message: "No." } }, ["Zq3wbrTx"])).toMatchObject({
      code: null,
      message: "No.",
    });
  });
});

describe("a message that is plain prose", () => {
  it.each([
    "An error has occurred",
    "An error has occurred.",
    "A certificate with that thumbprint exists already for this user (5f0fc976-9a8e-4a49-a2f8-8978b1c2d325).",
    "Activity ID: 5f0fc976-9a8e-4a49-a2f8-8978b1c2d325, Request ID: 9a8efc97-5f0f-4a49-a2f8-8978b1c2d325",
    "Resource not found for the segment 'userPfxCertificates'.",
    "No method match route template",
    "User is not authorized to perform this operation",
    "Application is not authorized to perform this operation. Application must have one of the following scopes: DeviceManagementConfiguration.Read.All, DeviceManagementConfiguration.ReadWrite.All",
    "Access token has expired or is not yet valid.",
    "CompactToken parsing failed with error code: 80049217",
    "Continuous access evaluation resulted in claims challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp",
    "IDX14100: JWT is not well formed, there are no dots (.).",
    "The property 'encryptedPfxBlob' does not exist on type 'microsoft.graph.userPFXCertificate'.",
    "Cannot convert the literal '2026-01-01' to the expected type 'Edm.DateTimeOffset'.",
    "Invalid filter clause: syntax error at position 12 in tolower(userPrincipalName) eq 'megan@contoso.example'.",
    "Value “oaepSha512” isn’t supported – use 'none'…",
    "More than 50% of the requests (12 of 20) failed; see R. Smith's answer, i.e. wait!",
    "The request to /deviceManagement/userPfxCertificates took more than 100,000 ms.",
  ])("is shown whole: %s", (message) => {
    for (let count = 0; count < 50; count++) {
      const secrets = [4096, 40, 9].map((length) => randomBytes(length).toString("base64"));

      expect(shownOf(message, secrets)).toBe(message);
    }
  });

  it.each(["BadRequest", "UnknownError", "InvalidAuthenticationToken", "Request_ResourceNotFound", "80049217", "No.1"])(
    "may have the code %s",
    (code) => {
      expect(codeOf(code, [randomBytes(4096).toString("base64")])).toBe(code);
    },
  );

  it("has at most 300 characters", () => {
    const message = "It failed. ".repeat(28).slice(0, 300);

    expect(shownOf(`${message.slice(0, 299)}.`)).toBe(`${message.slice(0, 299)}.`);
    expect(shownOf(`${message}.`)).toBeNull();
    expect(shownOf(`It failed - Operation ID: ${message}`)).toBe("It failed");
  });
});

describe("a message that is no prose", () => {
  const bytes = Array.from({ length: 16 }, (_, index) => 100 + index);

  it.each([
    ["base64", "The value UEtDUyMxMiBmaWxl is wrong."],
    ["base64 with signs", "The value UEtD+yMx/iBm= is wrong."],
    ["base64 in groups", "The value UEtD UyMx MiBm aWxl is wrong."],
    ["hexadecimal", "The value 0123456789ab is wrong."],
    ["hexadecimal in groups", "The value 01 23 45 67 89 0b 1c is wrong."],
    ["a list of bytes", `The value [${bytes.join(", ")}] is wrong.`],
    ["a list of bytes without blanks", `The value ${bytes.join("-")} is wrong.`],
    ["digits", "The value 123456789012 is wrong."],
    ["an endless word", `The value ${"la".repeat(20)} is wrong.`],
    ["endless capitals", `The value ${"QUJD".repeat(3)} is wrong.`],
    ["a backslash", "The value \\u0041 is wrong."],
    ["a percent escape", "The value %4A is wrong."],
    ["an entity", "The value &amp; is wrong."],
    ["markup", "The <b>value is wrong."],
    ["JSON", '{"value": "is wrong'],
    ["a control character", "The value \u001b[31m is wrong."],
    ["an invisible character", "The value \u200b is wrong."],
    ["letters of other alphabets", "The value ᴢǫ is wrong."],
  ])("is not shown: %s", (_, message) => {
    expect(shownOf(message)).toBeNull();
  });

  it.each(["a sentence", "Zq3wbrTx9kTvWm5n", "a".repeat(81), ""])("nor is such a code: %s", (code) => {
    expect(codeOf(code)).toBeNull();
  });
});

describe("a plural create, rejected by Graph,", () => {
  const token = "kV7qTzR2mXw9LbD4cJ8s";
  const inputs = [0, 1, 2].map((number) =>
    anInput({ thumbprint: thumbprintOf(number), encryptedPfxPassword: encryptAPassword() }),
  );
  const pieceOf = (text: string | undefined) => /[A-Za-z0-9]{8}/.exec(text?.slice(20) ?? "")?.[0] ?? "none";

  it.each([
    ["a piece of another item's password", pieceOf(inputs[1]?.encryptedPfxPassword), false],
    ["a piece of the token", token.slice(3, 11), false],
    ["no piece of a secret", "Zq3wbrTx", true],
  ])("shows for each item its message or not: %s", async (_, piece, isShown) => {
    const message = `The value ${piece} is wrong.`;
    await using gateway = await startGateway({
      faults: [
        answerStatus("POST", /userPfxCertificates/, 403, {
          body: { error: { code: "Forbidden", message } },
          times: Number.POSITIVE_INFINITY,
        }),
      ],
    });

    const { data } = await gateway.send(CREATE_MANY, { inputs }, { authorization: `Bearer ${token}` });

    const said = `A permission or an Intune role is missing.${isShown ? ` Graph says: ${message}` : ""}`;
    expect(data?.createUserPfxCertificates.results).toMatchObject(
      inputs.map(() => ({ code: "FORBIDDEN", message: said })),
    );
    expect(gateway.emulator.requests.map(({ path }) => path)).toContainEqual(expect.stringMatching(/batch/));
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
