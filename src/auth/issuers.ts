/**
 * Lists the issuers of Entra ID by cloud and token version. The values contain only the authority and a tenant that the
 * operator allows. A token is compared with them and never contributes to one.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-tokens
 */

/** The `ver` claim. The API's registration decides which version it gets, not the caller. */
export type TokenVersion = "1.0" | "2.0";

/**
 * Both names of the cloud that 21Vianet operates. Its tokens of version 2.0 contain the second name, whichever host issued
 * them.
 *
 * @see https://github.com/jenkinsci/azure-ad-plugin/issues/679
 */
const chinaHosts = ["login.chinacloudapi.cn", "login.partner.microsoftonline.cn"];

/** Issuer of version 1.0 tokens in the public cloud and the US government's clouds; it does not depend on the authority. */
const stsOrigin = "https://sts.windows.net";
const chinaStsOrigin = "https://sts.chinacloudapi.cn";

/** Exact values of `iss`; more than one only if an authority has two names. */
export function issuersOf(authority: URL, tenantId: string, version: TokenVersion): readonly string[] {
  const isChina = chinaHosts.includes(authority.hostname);
  if (version === "1.0") return [`${isChina ? chinaStsOrigin : stsOrigin}/${tenantId}/`];
  const origins = isChina ? chinaHosts.map((host) => `https://${host}`) : [baseOf(authority)];
  return origins.map((origin) => `${origin}/${tenantId}/v2.0`);
}

/** URL at which a tenant publishes the keys of both versions. */
export function keysUrlOf(authority: URL, tenantId: string): URL {
  return new URL(`${baseOf(authority)}/${tenantId}/discovery/v2.0/keys`);
}

const baseOf = (authority: URL): string => `${authority.origin}${authority.pathname}`.replace(/\/+$/, "");
