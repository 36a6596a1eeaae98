/** The user that a file name says. */

import { userOfFile } from "intune-pfx-client/lists";
import { describe, expect, it } from "vitest";

describe("the user of a file name", () => {
  it.each([
    ["anna@contoso.com.pfx", "anna@contoso.com"],
    ["ANNA@CONTOSO.COM.P12", "ANNA@CONTOSO.COM"],
    ["a.b+c'd_e@sub-domain.contoso.example.pfx", "a.b+c'd_e@sub-domain.contoso.example"],
    ["anna_gmail.com#EXT#@contoso.onmicrosoft.com.pfx", "anna_gmail.com#EXT#@contoso.onmicrosoft.com"],
    ["anna@365.contoso.com.pfx", "anna@365.contoso.com"],
    ["anna@contoso.xn--p1ai.pfx", "anna@contoso.xn--p1ai"],
    ["zoe\u0308@contoso.com.pfx", "zo\u00eb@contoso.com"],
    ["anna@mu\u0308ller.example.pfx", "anna@m\u00fcller.example"],
  ])("%s: %s", (name, user) => {
    expect(userOfFile(name)).toBe(user);
  });

  it.each([
    "anna@contoso.com_enc.pfx",
    "anna@contoso.com (1).pfx",
    "anna@contoso.com - Copy.pfx",
    "anna@contoso.com-2025.pfx",
    "anna@contoso.2025.pfx",
    "anna@contoso.com1.pfx",
    "anna@contoso..com.pfx",
    "anna@.com.pfx",
    "anna@contoso.com..pfx",
    "anna@-contoso.com.pfx",
    "anna@contoso-.com.pfx",
    "anna@con_toso.com.pfx",
    "anna@contoso.xn--.pfx",
    "anna@work.pfx",
    "anna@.pfx",
    "@contoso.com.pfx",
    "anna@bob@contoso.com.pfx",
    "anna huber@contoso.com.pfx",
    "anna,huber@contoso.com.pfx",
    "an\u200bna@contoso.com.pfx",
    "anna@con\u3164toso.com.pfx",
    "anna.pfx",
    ".pfx",
    "anna@contoso.com",
    "anna@contoso.com.csv",
  ])("%j says none", (name) => {
    expect(userOfFile(name)).toBeUndefined();
  });
});
