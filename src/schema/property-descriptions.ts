/** Describes each property of `microsoft.graph.userPFXCertificate`, with one wording for the object and both inputs. */
export const propertyDescriptions = {
  id: "Unique identifier of the certificate, assigned by Graph.",
  thumbprint: "SHA-1 thumbprint of the certificate: 40 hexadecimal digits, lower case.",
  intendedPurpose: "The certificate's intended purpose, from the point of view of deployment.",
  userPrincipalName: "User principal name of the certificate's owner.",
  startDateTime: "Start of the certificate's validity.",
  expirationDateTime: "End of the certificate's validity.",
  providerName: "Name of the crypto provider that encrypted the password, as on the connector machine.",
  keyName: "Name of the provider's key that encrypted the password.",
  paddingScheme: "Padding scheme the provider uses for encryption and decryption.",
  encryptedPfxBlob: "The PFX file (PKCS #12) itself.",
  encryptedPfxPassword: "The PFX file's password, encrypted for the certificate connector, as base64.",
  createdDateTime: "When the certificate was imported.",
  lastModifiedDateTime: "When the certificate was last modified.",
} as const;

/** For the inputs: the rule for an encrypted password. */
export const encryptedPasswordRule =
  "Must be base64 of an RSA ciphertext of 128 to 1024 bytes. Line breaks are removed. A password in clear text is rejected.";
