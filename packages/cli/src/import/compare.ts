/** Whether Intune has a certificate already, and as it would be sent. */
import type { CreateUserPfxCertificateInput } from "intune-pfx-client/operations";
import { printable } from "../files/printable.ts";
import { purposeWord } from "../output/words.ts";
import type { Existing, ExistingCertificate } from "./existing.ts";

export type Presence =
  | { readonly state: "absent" }
  | { readonly state: "same"; readonly certificate: ExistingCertificate }
  | {
      readonly state: "other";
      readonly certificate: ExistingCertificate;
      readonly code: "OTHER_KEY" | "OTHER_PURPOSE";
      readonly message: string;
    };

type Sent = Pick<
  CreateUserPfxCertificateInput,
  "userPrincipalName" | "thumbprint" | "keyName" | "providerName" | "paddingScheme" | "intendedPurpose"
>;

export async function compareWithExisting(sent: Sent, existing: Existing): Promise<Presence> {
  const certificates = await existing.ofUser(sent.userPrincipalName);
  const certificate = certificates.find(({ thumbprint }) => thumbprint?.toLowerCase() === sent.thumbprint);
  if (certificate === undefined) return { state: "absent" };
  const difference = differenceOf(sent, certificate);
  if (difference === undefined) return { state: "same", certificate };
  const [code, what] = difference;
  return { state: "other", certificate, code, message: `already in Intune, but for ${what}; --replace sends it anew` };
}

/** What Graph leaves out can't differ. */
function differenceOf(sent: Sent, stored: ExistingCertificate): ["OTHER_KEY" | "OTHER_PURPOSE", string] | undefined {
  const { keyName, providerName, paddingScheme, intendedPurpose } = stored;
  if (keyName != null && keyName !== sent.keyName) return ["OTHER_KEY", `the key "${printable(keyName)}"`];
  if (providerName != null && providerName !== sent.providerName) {
    return ["OTHER_KEY", `the provider "${printable(providerName)}"`];
  }
  if (paddingScheme != null && paddingScheme !== sent.paddingScheme) {
    return ["OTHER_KEY", `the padding ${paddingScheme}`];
  }
  if (intendedPurpose != null && intendedPurpose !== sent.intendedPurpose) {
    return ["OTHER_PURPOSE", `the purpose ${purposeWord(intendedPurpose)}`];
  }
  return undefined;
}
