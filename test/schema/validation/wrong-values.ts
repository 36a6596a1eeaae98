/** For every property of the inputs, values that it must refuse, each under the name of what is wrong with it. */
import type { CreateUserPfxCertificateInput } from "intune-pfx-client/operations";

export type Property = keyof CreateUserPfxCertificateInput;

/** Each value says what is wrong with it; every one that is long enough holds something that must not be repeated. */
export type WrongValues = Readonly<Record<string, unknown>>;

export const canary = "kV7qTzR2mXw9LbD4cJ8s";
const hex = "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432";
const base64 = Buffer.from(`${canary}-${canary}!!`).toString("base64");

const otherTypes = {
  "a number": 8417203956178234,
  "a fraction": 8417203956.178234,
  true: true,
  "an empty list": [],
  "a list": [canary],
  "an empty object": {},
  "an object": { [canary]: canary },
};

const emptyTexts = { empty: "", blank: "   " };

const thumbprints = {
  ...otherTypes,
  ...emptyTexts,
  "39 digits": hex.slice(1),
  "41 digits": `${hex}0`,
  "80 digits": hex + hex,
  "a letter beyond F": `g${hex.slice(1)}`,
  "64 digits, as SHA-256 has": hex + hex.slice(16),
  "semicolons between the bytes": hex.match(/../g)?.join(";"),
  "digits of another script": "９".repeat(40),
  "a control character": `${hex.slice(1)}\u0000`,
  "a lone surrogate": `${hex.slice(1)}\ud800`,
  "a hexadecimal prefix": `0x${hex.slice(2)}`,
};

const enumMembers = {
  ...otherTypes,
  ...emptyTexts,
  "an unknown member": canary,
  "a blank after": "VPN ",
  "a control character": "NONE\u0000",
  "a lone surrogate": "NONE\udfff",
  "two members": "VPN, WIFI",
  "a property of every object": "constructor",
  "the prototype's name": "__proto__",
  "a member's index": "1",
};

const names = {
  ...otherTypes,
  ...emptyTexts,
  "blank in other ways": "\u00a0\u2003\u3000",
  "blank with a line separator": "\u2028",
  "a space before": ` ${canary}`,
  "a space after": `${canary} `,
  "a no-break space within": `${canary}\u00a0${canary}`,
  "a zero width space": `${canary}\u200b`,
  "a mark from right to left": `\u200f${canary}`,
  "a soft hyphen": `${canary}\u00ad${canary}`,
  "a byte order mark": `\ufeff${canary}`,
  "a Hangul filler": "\u3164",
  "a NUL": `${canary}\u0000`,
  "a line feed": `${canary}\n${canary}`,
  "an escape": `\u001b[31m${canary}`,
  "a delete": `${canary}\u007f`,
  "a C1 control": `${canary}\u0085`,
  "half a surrogate pair, the first": `${canary}\ud83d`,
  "half a surrogate pair, the second": `\ude00${canary}`,
};

const userPrincipalNames = {
  ...otherTypes,
  ...emptyTexts,
  "no @": `${canary}.contoso.example`,
  "two @": `${canary}@contoso.example@contoso.example`,
  "nothing before the @": `@${canary}.example`,
  "nothing after the @": `${canary}@`,
  "a blank within": `${canary} b@contoso.example`,
  "a blank before": ` ${canary}@contoso.example`,
  "a blank after": `${canary}@contoso.example `,
  "a line feed after": `${canary}@contoso.example\n`,
  "a tab": `${canary}\t@contoso.example`,
  "a no-break space": `${canary}\u00a0@contoso.example`,
  "a line separator": `${canary}\u2028@contoso.example`,
  "a NUL": `${canary}\u0000@contoso.example`,
  "a delete": `${canary}\u007f@contoso.example`,
  "a C1 control": `${canary}\u0085@contoso.example`,
  "a lone surrogate": `${canary}\ud800@contoso.example`,
  "1025 characters": `${canary.padEnd(1009, "a")}@contoso.example`,
  "a zero width space": `${canary}\u200b@contoso.example`,
  "a mark from left to right": `\u200e${canary}@contoso.example`,
  "a soft hyphen": `${canary}\u00ad@contoso.example`,
  "a word joiner": `${canary}@contoso\u2060.example`,
  "an embedding": `\u202a${canary}@contoso.example\u202c`,
  "a tag": `${canary}\u{e0061}@contoso.example`,
  "a variation selector": `${canary}\ufe0f@contoso.example`,
  "double quotes": `"${canary}@contoso.example"`,
  "curly quotes": `\u201c${canary}@contoso.example\u201d`,
  "angle brackets": `<${canary}@contoso.example>`,
  "a name and an address": `${canary}<${canary}@contoso.example>`,
  "a scheme": `mailto:${canary}@contoso.example`,
  "a dot at the end": `${canary}@contoso.example.`,
  "a comma at the end": `${canary}@contoso.example,`,
};

const dateTimes = {
  ...otherTypes,
  ...emptyTexts,
  "no date": canary,
  "a word": "now",
  "a date alone": "2029-03-14",
  "a time alone": "11:22:33.4455667Z",
  "no such 29 February": "2029-02-29T11:22:33Z",
  "29 February of a century": "2100-02-29T11:22:33Z",
  "31 April": "2029-04-31T11:22:33Z",
  "the 13th month": "2029-13-14T11:22:33Z",
  "month 0": "2029-00-14T11:22:33Z",
  "day 0": "2029-03-00T11:22:33Z",
  "day 32": "2029-03-32T11:22:33Z",
  "24:00": "2029-03-14T24:00:00Z",
  "minute 60": "2029-03-14T11:60:33Z",
  "a leap second": "2029-06-30T23:59:60Z",
  "8 fractional digits": "2029-03-14T11:22:33.12345678Z",
  "13 fractional digits": "2029-03-14T11:22:33.1234567890123Z",
  "a point without digits": "2029-03-14T11:22:33.Z",
  "a comma": "2029-03-14T11:22:33,5Z",
  "no seconds": "2029-03-14T11:22Z",
  "no offset": "2029-03-14T11:22:33",
  "an offset without colon": "2029-03-14T11:22:33+0530",
  "an offset of hours alone": "2029-03-14T11:22:33+05",
  "an offset of 14 hours and a minute": "2029-03-14T11:22:33+14:01",
  "an offset of -23:59": "2029-03-14T11:22:33-23:59",
  "the year 0000 in UTC": "0001-01-01T00:00:00+00:01",
  "the year 10000 in UTC": "9999-12-31T23:59:59.9999999-00:01",
  "an offset of 24 hours": "2029-03-14T11:22:33+24:00",
  "an offset of 60 minutes": "2029-03-14T11:22:33+05:60",
  "a zone's name": "2029-03-14T11:22:33 UTC",
  "a minus of another kind": "2029-03-14T11:22:33−08:00",
  "a blank for the T": "2029-03-14 11:22:33Z",
  "the year 0000": "0000-03-14T11:22:33Z",
  "a year of five digits": "12029-03-14T11:22:33Z",
  "a year with a sign": "+002029-03-14T11:22:33Z",
  "a week date": "2029-W11-3T11:22:33Z",
  "digits of another script": "２０２９-03-14T11:22:33Z",
  "a line feed after": "2029-03-14T11:22:33Z\n",
  "a blank before": " 2029-03-14T11:22:33Z",
  "a NUL": "2029-03-14T11:22:33Z\u0000",
  "a lone surrogate": "2029-03-14T11:22:33Z\ud800",
};

const blobs = {
  ...otherTypes,
  ...emptyTexts,
  "what Graph answers on reads": "AA==",
  "no padding": base64.replace(/=+$/, ""),
  "half the padding": base64.replace(/=$/, ""),
  "too much padding": `${base64}==`,
  "padding alone": "====",
  "padding within": `QQ==${base64}`,
  "the URL's alphabet": `_-_-${base64}`,
  "a blank within": `${base64.slice(0, 8)} ${base64.slice(8)}`,
  "bits that no encoder writes": base64.replace(/.==$/, "R=="),
  "a data URL": `data:;base64,${base64}`,
  "PEM armour": `-----BEGIN PKCS12-----\n${base64}\n-----END PKCS12-----`,
  "a control character": `${base64.slice(0, -1)}\u0000`,
  "a lone surrogate": `${base64.slice(0, -1)}\ud800`,
  "one byte more than 1 MiB": Buffer.alloc(1_048_577, canary).toString("base64"),
  "two bytes more than 1 MiB": Buffer.alloc(1_048_578, canary).toString("base64"),
};

const ciphertext = Buffer.alloc(256, canary).toString("base64");

const passwords = {
  ...names,
  "a password in clear": "hunter2!",
  "a long password in clear": `${canary} ${canary}`,
  "a long password in clear that could be base64": canary.repeat(3),
  "what PowerShell makes of a secure string": "System.Security.SecureString",
  "base64 of a password in clear": base64,
  "127 bytes": Buffer.alloc(127, canary).toString("base64"),
  "1025 bytes": Buffer.alloc(1025, canary).toString("base64"),
  "a file": Buffer.alloc(4096, canary).toString("base64"),
  "65537 characters": canary.padEnd(65_537, "a"),
  "no padding": ciphertext.replace(/=+$/, ""),
  "the URL's alphabet": `_-_-${ciphertext}`,
  "hexadecimal digits of another length": Buffer.alloc(257, canary).toString("hex"),
  "a blank within": `${ciphertext.slice(0, 64)} ${ciphertext.slice(64)}`,
  "a tab within": `${ciphertext.slice(0, 64)}\t${ciphertext.slice(64)}`,
  "a line separator within": `${ciphertext.slice(0, 64)}\u2028${ciphertext.slice(64)}`,
  "a blank after": `${ciphertext} `,
  "bits that no encoder writes": ciphertext.replace(/.==$/, "R=="),
  "line breaks alone": "\r\n\n",
  "PEM armour": `-----BEGIN CMS-----\n${ciphertext}\n-----END CMS-----`,
};

export const wrongValues: Readonly<Record<Property, WrongValues>> = {
  thumbprint: thumbprints,
  intendedPurpose: {
    ...enumMembers,
    "lower case": "smime_encryption",
    "Graph's spelling": "smimeEncryption",
    "another enum's member": "OAEP_SHA512",
  },
  userPrincipalName: userPrincipalNames,
  startDateTime: dateTimes,
  expirationDateTime: dateTimes,
  providerName: { ...names, "1025 characters": canary.padEnd(1025, "a") },
  keyName: { ...names, "1025 characters": canary.padEnd(1025, "a") },
  paddingScheme: {
    ...enumMembers,
    "lower case": "oaep_sha512",
    "Graph's spelling": "oaepSha512",
    "another enum's member": "SMIME_ENCRYPTION",
  },
  encryptedPfxBlob: blobs,
  encryptedPfxPassword: passwords,
};

export const properties: readonly Property[] = [
  "thumbprint",
  "intendedPurpose",
  "userPrincipalName",
  "startDateTime",
  "expirationDateTime",
  "providerName",
  "keyName",
  "paddingScheme",
  "encryptedPfxBlob",
  "encryptedPfxPassword",
];

/** Pairs of which the first is not before the second. */
export const wrongOrders: Readonly<Record<string, readonly [start: string, end: string]>> = {
  "the same instant": ["2029-03-14T11:22:33Z", "2029-03-14T11:22:33Z"],
  "a second apart": ["2029-03-14T11:22:34Z", "2029-03-14T11:22:33Z"],
  "years apart": ["2031-03-14T11:22:33Z", "2029-03-14T11:22:33Z"],
  "the same instant at two offsets": ["2029-03-14T11:22:33-08:00", "2029-03-14T19:22:33Z"],
  "the wrong way round but for the offsets": ["2029-03-14T11:22:33-08:00", "2029-03-14T12:22:33+05:45"],
  "across a change of year at another offset": ["2029-12-31T23:30:00-01:00", "2030-01-01T00:29:59Z"],
  "the seventh digit": ["2029-03-14T11:22:33.1234568Z", "2029-03-14T11:22:33.1234567Z"],
  "the seventh digit at two offsets": ["2029-03-14T11:22:33.1234568+02:00", "2029-03-14T09:22:33.1234567Z"],
  "digits that are left out": ["2029-03-14T11:22:33.0000001Z", "2029-03-14T11:22:33Z"],
};
