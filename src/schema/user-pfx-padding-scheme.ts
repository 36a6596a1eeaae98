/** The GraphQL enum UserPfxPaddingScheme. */
import { registerEnumType } from "type-graphql";
import { UserPfxPaddingScheme } from "./enum-values.ts";

registerEnumType(UserPfxPaddingScheme, {
  name: "UserPfxPaddingScheme",
  description: "How the crypto provider padded the password when it encrypted it.",
  valuesConfig: {
    NONE: { description: "No padding." },
    PKCS1: { description: "PKCS #1 padding; Microsoft describes it as no longer supported." },
    OAEP_SHA1: { description: "OAEP with SHA-1; Microsoft describes it as no longer supported." },
    OAEP_SHA256: { description: "OAEP with SHA-256." },
    OAEP_SHA384: { description: "OAEP with SHA-384." },
    OAEP_SHA512: { description: "OAEP with SHA-512; the default of Microsoft's import tool." },
  },
});

export { UserPfxPaddingScheme };
