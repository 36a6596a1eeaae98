/** What people paste from certificate dialogs, mail programs and terminals: taken where its meaning is certain, else explained. */
import {
  CreateUserPfxCertificateDocument as CREATE,
  CreateUserPfxCertificatesDocument as CREATE_MANY,
  UserPfxCertificatesDocument as LIST,
  UpdateUserPfxCertificateDocument as UPDATE,
} from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { seedRecords } from "../../../src/emulator/seed.ts";
import { startGateway } from "../../support/gateway.ts";
import { anInput } from "../../support/input.ts";

const thumbprint = "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432";
const pairs = thumbprint.match(/../g) ?? [];

describe("a thumbprint", () => {
  it.each([
    ["from the certificate dialog, with U+200E", `\u200e${pairs.join(" ")}`],
    ["with U+200E alone", `\u200e${thumbprint}`],
    ["with colons, in upper case", pairs.join(":").toUpperCase()],
    ["with dashes, as .NET writes bytes", pairs.join("-").toUpperCase()],
    ["with no-break spaces", pairs.join("\u00a0")],
    ["with a byte order mark and a line end", `\ufeff${thumbprint}\r\n`],
    ["with invisible characters within", `${thumbprint.slice(0, 20)}\u200b\u2060${thumbprint.slice(20)}`],
  ])("is taken and cleaned by creates, updates and filters: %s", async (_, pasted) => {
    await using gateway = await startGateway({ seed: seedRecords(1) });
    const id = gateway.emulator.records[0]?.id ?? "";

    const created = await gateway.send(CREATE, { input: anInput({ thumbprint: pasted }) });
    const many = await gateway.send(CREATE_MANY, { inputs: [anInput({ thumbprint: pasted })] });
    const listed = await gateway.send(LIST, { filter: { thumbprint: pasted } });
    const updated = await gateway.send(UPDATE, { id, changes: { thumbprint: pasted } });

    expect(created.data?.createUserPfxCertificate.thumbprint).toBe(thumbprint);
    expect(many.data?.createUserPfxCertificates.results).toMatchObject([{ code: "CONFLICT" }]);
    expect(listed.data?.userPfxCertificates.edges).toHaveLength(1);
    expect(updated.errors).toBeUndefined();
    expect(gateway.emulator.records.map((record) => record.thumbprint)).toEqual([thumbprint, thumbprint]);
    expect(gateway.log.find(({ msg }) => msg === "audit")).toMatchObject({ thumbprint });
  });

  it("of SHA-256 is refused by name", async () => {
    await using gateway = await startGateway();

    const { errors } = await gateway.send(CREATE, {
      input: anInput({ thumbprint: pairs.join(":").padEnd(95, ":00") }),
    });

    expect(errors?.[0]?.message).toMatch(/40 hexadecimal digits\. This value has 64, as a SHA-256 thumbprint$/);
  });
});

describe("a file in base64", () => {
  const file = Buffer.alloc(500, "PFX").toString("base64");
  const inLines = (end: string) => (file.match(/.{1,64}/g) ?? []).map((line) => line + end).join("");

  it.each([
    ["openssl", inLines("\n")],
    ["certutil", inLines("\r\n")],
  ])("is taken with the line breaks of %s", async (_, encryptedPfxBlob) => {
    await using gateway = await startGateway();

    const asVariable = await gateway.send(CREATE, { input: anInput({ encryptedPfxBlob }) });
    const again = await gateway.send(CREATE, { input: anInput({ encryptedPfxBlob: file }) });

    expect(asVariable.errors).toBeUndefined();
    expect(gateway.emulator.records[0]?.encryptedPfxBlob).toBe(file);
    expect(again.errors?.[0]?.extensions?.code).toBe("CONFLICT");
  });

  it.each([
    ["base64url", `${file.slice(0, 8)}-_${file.slice(10)}`, /This value is base64url/],
    [
      "base64url without padding",
      `${file.slice(0, 8)}-_${file.slice(10).replace(/=+$/, "")}`,
      /This value is base64url/,
    ],
    ["missing padding", file.replace(/=+$/, ""), /The padding of this value is wrong/],
    ["PEM", `-----BEGIN PKCS12-----\n${file}\n-----END PKCS12-----`, /This value is PEM/],
    ["a data URL", `data:application/x-pkcs12;base64,${file}`, /This value is a data URL/],
    ["a space", `${file.slice(0, 8)} ${file.slice(8)}`, /white space other than line breaks/],
  ])("is refused and explained, never repeated: %s", async (_, encryptedPfxBlob, explanation) => {
    await using gateway = await startGateway();

    const { errors, text } = await gateway.send(CREATE, { input: anInput({ encryptedPfxBlob }) });

    expect(errors?.[0]?.extensions).toEqual({
      code: "BAD_USER_INPUT",
      invalid: [{ path: "input.encryptedPfxBlob", message: expect.stringMatching(explanation) }],
    });
    expect(text).not.toContain(file.slice(20, 40));
    expect(gateway.emulator.requests).toEqual([]);
  });
});

describe.each(["userPrincipalName", "providerName", "keyName"] as const)("a %s", (property) => {
  const plain = property === "userPrincipalName" ? "megan@contoso.example" : "PFXEncryptionKey";

  it.each([
    ["U+200E", `\u200e${plain}`, "a hidden character U+200E at position 1"],
    ["U+200B", `${plain.slice(0, 3)}\u200b${plain.slice(3)}`, "a hidden character U+200B at position 4"],
    ["U+00AD", `${plain}\u00ad`, `a hidden character U+00AD at position ${plain.length + 1}`],
    ["U+2060", `\u2060${plain}`, "a hidden character U+2060 at position 1"],
    ["U+202A", `\u202a${plain}`, "a hidden character U+202A at position 1"],
    ["a tag after a letter of two units", `\u{1d44e}\u{e0041}${plain}`, "a hidden character U+E0041 at position 2"],
    ["a line end", `${plain}\r\n`, `a hidden character U+000D at position ${plain.length + 1}`],
    ["a no-break space", `${plain}\u00a0`, `an unusual space U+00A0 at position ${plain.length + 1}`],
    ["a space at the start", ` ${plain}`, "a space at the start"],
    ["a space at the end", `${plain} `, "a space at the end"],
  ])("is refused and says what was found: %s", async (_, value, finding) => {
    await using gateway = await startGateway();

    const { errors } = await gateway.send(CREATE, { input: anInput({ [property]: value }) });

    expect(errors?.[0]?.extensions?.invalid).toEqual([
      {
        path: `input.${property}`,
        message: expect.stringMatching(new RegExp(`This value has ${finding.replaceAll("+", "\\+")}$`)),
      },
    ]);
    expect(errors?.[0]?.message).not.toContain(plain);
  });
});

describe("a user principal name", () => {
  it.each([
    ['"megan@contoso.example"', "a quotation mark U+0022 at position 1"],
    ["“megan@contoso.example”", "a quotation mark U+201C at position 1"],
    ["<megan@contoso.example>", "an angle bracket U+003C at position 1"],
    ["Megan<megan@contoso.example>", "an angle bracket U+003C at position 6"],
    ["mailto:megan@contoso.example", "a colon U+003A at position 7"],
    ["megan@contoso.example,", "a comma U+002C at position 22"],
    ["megan@contoso.example.", "a dot at the end"],
  ])("is refused and says what was found: %s", async (userPrincipalName, finding) => {
    await using gateway = await startGateway();

    const { errors } = await gateway.send(CREATE, { input: anInput({ userPrincipalName }) });

    expect(errors?.[0]?.message).toMatch(new RegExp(`This value has ${finding.replaceAll("+", "\\+")}$`));
  });

  it.each(["o'brien@contoso.example", "pat_fabrikam.com#EXT#@contoso.example", "åsa.字@contoso.example", "a+b@c"])(
    "is taken: %s",
    async (userPrincipalName) => {
      await using gateway = await startGateway();

      const { errors } = await gateway.send(CREATE, { input: anInput({ userPrincipalName }) });

      expect(JSON.stringify(errors ?? [])).not.toContain("invalid");
    },
  );
});

describe("a date-time", () => {
  it.each([
    ["2029-01-01T00:00:00+14:01", /The offset must be from -14:00 to \+14:00/],
    ["2029-01-01T00:00:00-23:59", /The offset must be from -14:00 to \+14:00/],
    ["0001-01-01T00:00:00+01:00", /In UTC the year must be from 0001 to 9999/],
    ["9999-12-31T23:59:59-01:00", /In UTC the year must be from 0001 to 9999/],
  ])("that .NET cannot hold is refused and explained: %s", async (expirationDateTime, explanation) => {
    await using gateway = await startGateway();

    const { errors } = await gateway.send(CREATE, { input: anInput({ expirationDateTime }) });

    expect(errors?.[0]?.extensions?.invalid).toEqual([
      { path: "input.expirationDateTime", message: expect.stringMatching(explanation) },
    ]);
  });
});

describe("a document", () => {
  it.each([
    ["a no-break space", "{\u00a0userPfxCertificates { nodes { id } } }", "U+00A0", "type a space"],
    ["curly quotes", "{ userPfxCertificate(id: “abc”) { id } }", "U+201C", 'type "'],
    ["a zero width space", "{ userPfxCertificates\u200b { nodes { id } } }", "U+200B", "remove it"],
    ["a long dash", "{ userPfxCertificates(first: –1) { nodes { id } } }", "U+2013", "type -"],
  ])("with %s is refused, and the character is named", async (_, query, code, advice) => {
    await using gateway = await startGateway();

    const { errors } = await gateway.send(query);

    expect(errors?.[0]?.extensions).toEqual({ code: "GRAPHQL_PARSE_FAILED" });
    expect(errors?.[0]?.message).toContain(`it has the character ${code} at this location`);
    expect(errors?.[0]?.message).toContain(advice);
    expect(errors?.[0]?.locations).toHaveLength(1);
  });

  it.each(["{ a?b }", "{ 字 }", "{ userPfxCertificate(id: 'secret') { id } }"])(
    "with another character is refused without its text: %s",
    async (query) => {
      await using gateway = await startGateway();

      const { errors } = await gateway.send(query);

      expect(errors?.[0]?.message).toBe("The document is not valid GraphQL: unexpected text at this location.");
    },
  );
});
