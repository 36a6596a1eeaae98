/** The people that a certificate names in its subject alternative name: by user principal name and by e-mail address. */
import { type Asn1Node, explicit, isContext, objectIdentifier, sequence, text } from "../asn1/read.ts";

/** Microsoft's user principal name, an `otherName`. */
const userPrincipalName = "1.3.6.1.4.1.311.20.2.3";

export interface SubjectNames {
  readonly userPrincipalNames: readonly string[];
  readonly rfc822Names: readonly string[];
}

export function namesOf(extension: Asn1Node | undefined): SubjectNames {
  const names = extension === undefined ? [] : sequence(extension);
  return {
    userPrincipalNames: names.flatMap((name) => (isContext(name, 0) ? readOtherName(name) : [])),
    rfc822Names: names.flatMap((name) =>
      isContext(name, 1) && !name.isConstructed ? [new TextDecoder().decode(name.content)] : [],
    ),
  };
}

function readOtherName({ children: [type, value] }: Asn1Node): readonly string[] {
  if (objectIdentifier(type) !== userPrincipalName) return [];
  const name = text(explicit(value, 0));
  return name === undefined || name === "" ? [] : [name];
}
