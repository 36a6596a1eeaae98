/** keepsRules agrees with class-validator, whatever the object. */
import { validateSync } from "class-validator";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CreateUserPfxCertificateInput } from "../../../src/schema/create-user-pfx-certificate-input.ts";
import { UpdateUserPfxCertificateInput } from "../../../src/schema/update-user-pfx-certificate-input.ts";
import { UserPfxCertificateFilter } from "../../../src/schema/user-pfx-certificate-filter.ts";
import { UserPfxCertificatesArgs } from "../../../src/schema/user-pfx-certificates-args.ts";
import { keepsRules } from "../../../src/schema/validation/keeps-rules.ts";
import { anInput } from "../../support/input.ts";

const lines = anInput().encryptedPfxPassword.replace(/.{64}/g, "$&\r\n");
const good = { ...anInput(), expiresBefore: "2027-01-01T00:00:00Z", first: 10 };
const oddities = [
  undefined,
  null,
  "",
  " ",
  "AA==",
  0,
  5000,
  {},
  [],
  "a@b",
  "x@y@z",
  "2020-01-01T00:00:00Z",
  "a\u0000b",
  "hunter2!",
  lines,
  `${lines} `,
  Buffer.alloc(127).toString("base64"),
  Buffer.alloc(128).toString("base64"),
  Buffer.alloc(1024).toString("base64"),
  Buffer.alloc(1025).toString("base64"),
];
const changes = fc.dictionary(
  fc.constantFrom(...Object.keys(good)),
  fc.oneof(fc.constantFrom(...oddities), fc.string()),
  {
    maxKeys: 3,
  },
);
const classes = { CreateUserPfxCertificateInput, UpdateUserPfxCertificateInput, UserPfxCertificateFilter };

function agree(object: object): boolean {
  const errors = validateSync(object, { forbidUnknownValues: true });
  expect(keepsRules(object)).toBe(errors.length === 0);
  return errors.length === 0;
}

describe("keepsRules", () => {
  it.each(Object.entries(classes))("says what class-validator says of any %s", (_, Class) => {
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(changes, fc.boolean(), (changed, isWhole) => {
        seen.add(agree(Object.assign(new Class(), isWhole ? good : {}, changed)));
      }),
      { numRuns: 500 },
    );
    expect(seen).toEqual(new Set([true, false]));
  });

  it("says what class-validator says of a filter within a list's arguments", () => {
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(changes, fc.integer({ min: -1, max: 1002 }), (changed, first) => {
        const filter = Object.assign(new UserPfxCertificateFilter(), changed);
        seen.add(agree(Object.assign(new UserPfxCertificatesArgs(), { first, filter })));
      }),
      { numRuns: 500 },
    );
    expect(seen).toEqual(new Set([true, false]));
  });

  it("leaves a class without rules to class-validator", () => {
    expect(keepsRules(new (class Empty {})())).toBe(false);
  });
});
