/**
 * Returns the bearer token of an `Authorization` header, neither decoded nor verified. Returns `undefined` for anything that
 * the grammar does not allow, so that no other text reaches a header to Graph.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? "")?.[1];
}
