/** Content types of responses. */

/** Of errors, of all responses that are not GraphQL's, and of GraphQL's unless the client asks for the other one. */
export const jsonType = "application/json; charset=utf-8";

/** @see https://graphql.github.io/graphql-over-http/draft/#sec-application-graphql-response-json */
export const graphqlResponseType = "application/graphql-response+json; charset=utf-8";
