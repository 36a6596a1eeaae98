/** Bodies to Graph and back against the platform's own JSON: the file in them is copied, and nobody may see that it is. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeBody, parseAnswer } from "../../../../src/datasources/graph/protocol/body-encoding.ts";
import { UserPfxCertificateBody } from "../../../../src/datasources/user-pfx-certificates/certificate-json.ts";

const file = fc.base64String({ minLength: 4, maxLength: 60 });
/** Texts that look like what the code searches for. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "AAAA\r\nAAAA\n",
    '"encryptedPfxBlob":""',
    'x","encryptedPfxBlob":"AAAA',
    "\\",
    "ü€😀",
    '\\"encryptedPfxBlob":"',
  ),
);
const certificate = fc.record(
  {
    userPrincipalName: text,
    encryptedPfxBlob: file,
    encryptedPfxPassword: text,
    providerName: text,
    keyName: fc.constant(""),
  },
  { requiredKeys: [] },
);
const item = fc.record({ id: text, method: fc.constant("POST"), body: certificate }, { requiredKeys: ["id"] });
const body = fc.oneof(certificate, fc.record({ requests: fc.array(item, { maxLength: 5 }) }));

type Input = ConstructorParameters<typeof UserPfxCertificateBody>[0];
type Value = Input | { requests: { id: string; method?: "POST"; body?: Input }[] };

const encode = (value: Value) =>
  encodeBody(
    "requests" in value
      ? {
          requests: value.requests.map(
            (each) =>
              ({ ...each, ...(each.body && { body: new UserPfxCertificateBody(each.body) }) }) as {
                body?: UserPfxCertificateBody;
              },
          ),
        }
      : new UserPfxCertificateBody(value),
  );

/** What `JSON.stringify` makes of it, without line breaks in the password, in the order in which Graph documents the properties. */
function plain(value: Value): string {
  const typed = (input: Input) => {
    const { thumbprint, intendedPurpose, userPrincipalName, startDateTime, expirationDateTime, ...rest } = input;
    const { providerName, keyName, paddingScheme, encryptedPfxBlob } = rest;
    const encryptedPfxPassword = rest.encryptedPfxPassword?.replaceAll("\r", "").replaceAll("\n", ""); // as Graph wants it
    return {
      "@odata.type": "#microsoft.graph.userPFXCertificate",
      ...{ thumbprint, intendedPurpose, userPrincipalName, startDateTime, expirationDateTime },
      ...{ providerName, keyName, paddingScheme, encryptedPfxBlob, encryptedPfxPassword },
    };
  };
  if (!("requests" in value)) return JSON.stringify(typed(value));
  return JSON.stringify({
    requests: value.requests.map((each) => ({ ...each, ...(each.body && { body: typed(each.body) }) })),
  });
}

test("an encoded body equals JSON.stringify's byte for byte, and lists the positions of the files", () => {
  fc.assert(
    fc.property(body, (value) => {
      const { bytes, files } = encode(value);
      expect(bytes.toString()).toBe(plain(value));
      for (const { text: sent, from, to } of files) expect(bytes.toString("utf8", from, to)).toBe(sent);
    }),
    { numRuns: 2000 },
  );
});

test("a parsed response equals JSON.parse's, wherever it repeats the files", () => {
  const answered = fc.oneof(
    certificate,
    fc.record({ error: fc.record({ message: text, innerError: certificate }) }),
    fc.record({ value: fc.array(certificate, { maxLength: 3 }) }),
    fc.record({ responses: fc.array(fc.record({ id: text, status: fc.nat(), body: certificate }), { maxLength: 5 }) }),
  );
  fc.assert(
    fc.property(body, answered, fc.nat(3), fc.nat(2), (sent, other, rotation, indent) => {
      const encoded = encode(sent);
      // Half of the time an echo, perhaps in another order.
      const echo =
        "requests" in sent
          ? { responses: sent.requests.map(({ id, body: each }) => ({ id, status: 201, body: { id: "x", ...each } })) }
          : { "@odata.context": "…", ...sent };
      if ("responses" in echo) echo.responses.push(...echo.responses.splice(0, rotation));
      for (const answer of [echo, other, { first: echo, second: other }]) {
        const json = JSON.stringify(answer, undefined, indent);
        expect(parseAnswer(Buffer.from(json), encoded)).toStrictEqual(JSON.parse(json));
        expect(parseAnswer(Buffer.from(json), undefined)).toStrictEqual(JSON.parse(json));
      }
    }),
    { numRuns: 2000 },
  );
});

test("invalid JSON is rejected as by JSON.parse, wherever it is cut", () => {
  const sent = encode({ keyName: "k", encryptedPfxBlob: "QUJDREVGRw==", providerName: "p" });
  for (let length = 0; length < sent.bytes.length; length++) {
    expect(() => parseAnswer(sent.bytes.subarray(0, length), sent)).toThrow(SyntaxError);
  }
  expect(parseAnswer(sent.bytes, sent)).toStrictEqual(JSON.parse(sent.bytes.toString()));
});
