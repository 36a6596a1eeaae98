/** The create of `operations/`, with the file and its password selected besides: that one leaves both out. */
import { print } from "graphql";
import {
  CreateUserPfxCertificateDocument as CREATE,
  type CreateUserPfxCertificateMutation,
} from "intune-pfx-client/operations";

export const CREATE_WITH_SECRETS = print(CREATE).replace(
  "createdDateTime",
  "encryptedPfxBlob encryptedPfxPassword createdDateTime",
);

export interface CreatedWithSecrets {
  createUserPfxCertificate: CreateUserPfxCertificateMutation["createUserPfxCertificate"] & {
    encryptedPfxBlob: string | null;
    encryptedPfxPassword: string | null;
  };
}
