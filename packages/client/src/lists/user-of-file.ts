/** The user whom a file's name says. */

// What the gateway refuses in a user principal name, and file names can hold.
const localPart = /^[^\s@"<>:,\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]+$/u;
const label = /^[\p{L}\p{M}\p{Nd}]+(?:-+[\p{L}\p{M}\p{Nd}]+)*$/u;
const lastLabel = /^(?:[\p{L}\p{M}]+|xn--[\p{L}\p{Nd}]+(?:-+[\p{L}\p{Nd}]+)*)$/iu;
const hidden = /\p{Default_Ignorable_Code_Point}/u;

/**
 * `anna@contoso.com` for `anna@contoso.com.pfx`. Names such as `anna@contoso.com_enc.pfx` and
 * `anna@contoso.com (1).pfx` say no user: the certificate decides.
 *
 * @param fileName of a .pfx or .p12 file, without folders; any other file says no user, since its extension may belong to the
 *   domain
 */
export function userOfFile(fileName: string): string | undefined {
  const [name, ...rest] = fileName.normalize("NFC").split(/\.(?:pfx|p12)$/i);
  if (name === undefined || rest.length === 0) return undefined;
  const [local, domain, ...more] = name.split("@");
  if (local === undefined || domain === undefined || more.length > 0) return undefined;
  const labels = domain.split(".");
  const last = labels.pop();
  // Microsoft Entra's domains have two labels or more.
  if (last === undefined || labels.length === 0) return undefined;
  const isUser =
    localPart.test(local) && lastLabel.test(last) && labels.every((each) => label.test(each)) && !hidden.test(domain);
  return isUser ? name : undefined;
}
