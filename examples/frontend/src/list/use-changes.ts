/** Changes of listed certificates. They are made in the cache too, so that the list keeps its rows. */
import type { ApolloClient } from "@apollo/client";
import { useApolloClient } from "@apollo/client/react";
import {
  DeleteUserPfxCertificateDocument,
  findGatewayError,
  UpdateUserPfxCertificateDocument,
  type UserPfxIntendedPurpose,
} from "intune-pfx-client/operations";
import { useMemo } from "react";
import type { Certificate } from "./use-certificates.ts";

/** "gone": somebody else has deleted the certificate meanwhile. Every other failure is thrown. */
type Outcome = "done" | "gone";

interface Changes {
  changePurpose(certificate: Certificate, purpose: UserPfxIntendedPurpose): Promise<Outcome>;
  remove(certificate: Certificate): Promise<Outcome>;
}

export function useChanges(): Changes {
  const client = useApolloClient();
  return useMemo(() => changesWith(client), [client]);
}

function changesWith(client: ApolloClient): Changes {
  const { cache } = client;
  const cacheIdOf = ({ id }: Certificate) => cache.identify({ __typename: "UserPfxCertificate", id });

  function forget(certificate: Certificate) {
    const id = cacheIdOf(certificate);
    if (id === undefined) return;
    cache.evict({ id });
    cache.gc();
  }

  return {
    async changePurpose(certificate, purpose) {
      const variables = { id: certificate.id, changes: { intendedPurpose: purpose } };
      const outcome = await unlessGone(client.mutate({ mutation: UpdateUserPfxCertificateDocument, variables }));
      if (outcome === "gone") {
        forget(certificate);
      } else {
        const id = cacheIdOf(certificate);
        if (id !== undefined) cache.modify({ id, fields: { intendedPurpose: () => purpose } });
      }
      return outcome;
    },
    async remove(certificate) {
      const variables = { deletedId: certificate.id };
      const outcome = await unlessGone(client.mutate({ mutation: DeleteUserPfxCertificateDocument, variables }));
      forget(certificate);
      return outcome;
    },
  };
}

async function unlessGone(answer: Promise<unknown>): Promise<Outcome> {
  try {
    await answer;
    return "done";
  } catch (failure) {
    if (findGatewayError(failure, "NOT_FOUND")) return "gone";
    throw failure;
  }
}
