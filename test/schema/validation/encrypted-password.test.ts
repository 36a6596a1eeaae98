/** The encrypted password: what is no RSA ciphertext is refused, because it is most likely the password itself. */

import {
  CreateUserPfxCertificateDocument as CREATE,
  CreateUserPfxCertificatesDocument as CREATE_MANY,
  UpdateUserPfxCertificateDocument as UPDATE,
} from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { delayAnswer } from "../../../src/emulator/faults.ts";
import { seedRecords } from "../../../src/emulator/seed.ts";
import { anotherEncryptedPassword, encryptedPassword } from "../../support/encrypted-password.ts";
import { startGateway } from "../../support/gateway.ts";
import { anInput, thumbprintOf } from "../../support/input.ts";
import { leaksOf } from "../../support/leaks.ts";

const inLines = (text: string, length: number, end: string) =>
  (text.match(new RegExp(`.{1,${length}}`, "g")) ?? []).map((line) => line + end).join("");

const clearTexts: [string, string][] = [
  ["a password", "hunter2!"],
  ["a long password", "correct horse battery staple, correct horse battery staple"],
  ["what PowerShell makes of a secure string", "System.Security.SecureString"],
  ["base64 of a password", Buffer.from("correct horse battery staple").toString("base64")],
];

describe("an encrypted password", () => {
  it.each(clearTexts)("is rejected in clear text: %s", async (_, encryptedPfxPassword) => {
    await using gateway = await startGateway({ seed: seedRecords(1) });
    const id = gateway.emulator.records[0]?.id ?? "";

    for (const answer of [
      await gateway.send(CREATE, { input: anInput({ encryptedPfxPassword }) }),
      await gateway.send(UPDATE, { id, changes: { encryptedPfxPassword } }),
    ]) {
      const [error] = answer.errors ?? [];
      expect(answer.status).toBe(200);
      expect(answer.data).toBeNull();
      expect(error?.path).toHaveLength(1);
      expect(error?.extensions).toEqual({
        code: "BAD_USER_INPUT",
        invalid: [
          {
            path: "input.encryptedPfxPassword",
            message: expect.stringMatching(
              /^must be the encrypted password: standard base64 of 128 to 1024 bytes.* most likely a password in clear text\. Encrypt .*public key \(RSA-OAEP\).*intune-pfx-client.*intune-pfx encrypt/,
            ),
          },
        ],
      });
      expect(leaksOf(encryptedPfxPassword, gateway, answer)).toEqual([]);
    }
    expect(gateway.emulator.requests).toEqual([]);
  });

  it("is reported as empty, or as most likely the file", async () => {
    await using gateway = await startGateway();
    const file = Buffer.alloc(3000, 7).toString("base64");

    const messages = [];
    for (const encryptedPfxPassword of ["", file]) {
      const { errors } = await gateway.send(CREATE, { input: anInput({ encryptedPfxPassword }) });
      messages.push(errors?.[0]?.message);
    }

    expect(messages).toEqual([
      expect.stringContaining("This value is empty, as Graph returns it on reads."),
      expect.stringContaining("This value is too large for an encrypted password and is most likely the PFX file."),
    ]);
  });

  it("that is invalid fails only its own item of a plural create", async () => {
    await using gateway = await startGateway();
    const inputs = [1, 2, 3].map((number) => anInput({ thumbprint: thumbprintOf(number) }));
    inputs[1] = anInput({ thumbprint: thumbprintOf(2), encryptedPfxPassword: "hunter2!" });

    const answer = await gateway.send(CREATE_MANY, { inputs });

    expect(answer.errors).toBeUndefined();
    expect(answer.data?.createUserPfxCertificates).toMatchObject({
      createdCount: 2,
      failedCount: 1,
      results: [
        { __typename: "UserPfxCertificate" },
        {
          code: "BAD_USER_INPUT",
          message: expect.stringMatching(/^inputs\.1\.encryptedPfxPassword must be .* password in clear text/),
        },
        { __typename: "UserPfxCertificate" },
      ],
    });
    expect(leaksOf("hunter2!", gateway, answer)).toEqual([]);
  });

  it.each([
    ["of 64 letters, as OpenSSL writes them", inLines(encryptedPassword, 64, "\n")],
    ["of 76 letters, as .NET writes them", inLines(encryptedPassword, 76, "\r\n")],
    ["of an old Mac", inLines(encryptedPassword, 76, "\r")],
    ["before and after", `\n\r\n${encryptedPassword}\n\n`],
  ])("is sent to Graph without its line breaks: %s", async (_, encryptedPfxPassword) => {
    await using gateway = await startGateway({ seed: seedRecords(1) });
    const id = gateway.emulator.records[0]?.id ?? "";

    // Several times, so that the operation is executed in the short way as well.
    for (const number of [1, 2, 3]) {
      const input = anInput({ encryptedPfxPassword, thumbprint: thumbprintOf(number) });
      const { errors } = await gateway.send(CREATE, { input });
      expect(errors).toBeUndefined();
    }
    const inputs = [4, 5].map((number) => anInput({ encryptedPfxPassword, thumbprint: thumbprintOf(number) }));
    const many = await gateway.send(CREATE_MANY, { inputs });
    const updated = await gateway.send(UPDATE, { id, changes: { encryptedPfxPassword } });

    expect(many.data?.createUserPfxCertificates.createdCount).toBe(2);
    expect(updated.errors).toBeUndefined();
    expect(gateway.emulator.records.map((record) => record.encryptedPfxPassword)).toEqual(
      Array(6).fill(encryptedPassword),
    );
  });

  it("counts as the same with and without line breaks: two concurrent creates are one", async () => {
    await using gateway = await startGateway({ faults: [delayAnswer("POST", "/userPfxCertificates", 200)] });
    const passwords = [encryptedPassword, inLines(encryptedPassword, 64, "\n"), anotherEncryptedPassword];

    const answers = await Promise.all(
      passwords.map((encryptedPfxPassword) => gateway.send(CREATE, { input: anInput({ encryptedPfxPassword }) })),
    );

    expect(answers.map(({ errors }) => errors?.[0]?.extensions?.code)).toEqual([undefined, undefined, "CONFLICT"]);
    expect(new Set(answers.slice(0, 2).map(({ data }) => data?.createUserPfxCertificate.id)).size).toBe(1);
  });
});
