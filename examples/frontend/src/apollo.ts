/**
 * Apollo Client for the gateway. Its cache holds lists only: mutations are sent with `no-cache`, so that neither a file nor
 * its password stays in it, and its developer tools, which keep the variables of mutations, are off.
 */
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";
import { tokenLink } from "./sign-in/token-link.ts";

export const client = new ApolloClient({
  link: tokenLink.concat(new HttpLink({ uri: "/graphql" })),
  cache: new InMemoryCache({
    typePolicies: { Query: { fields: { userPfxCertificates: relayStylePagination(["filter"]) } } },
  }),
  defaultOptions: { mutate: { fetchPolicy: "no-cache" } },
  devtools: { enabled: false },
});

/** Lists are asked for again: something was created or changed. */
export async function refreshLists(): Promise<void> {
  client.cache.evict({ id: "ROOT_QUERY", fieldName: "userPfxCertificates" });
  client.cache.gc();
  await client.refetchQueries({ include: "active" });
}
