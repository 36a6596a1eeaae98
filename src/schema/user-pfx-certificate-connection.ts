/** A page of certificates, as a Relay cursor connection. */
import { Field, ObjectType } from "type-graphql";
import { PageInfo } from "./page-info.ts";
import { UserPfxCertificate } from "./user-pfx-certificate.ts";

@ObjectType({ description: "A certificate and its cursor.", simpleResolvers: true })
export class UserPfxCertificateEdge {
  @Field(() => String, {
    description: "Opaque cursor of this certificate; pass it as `after` to continue after this certificate.",
  })
  cursor!: string;

  @Field(() => UserPfxCertificate, { description: "The certificate." })
  node!: UserPfxCertificate;
}

/** @see https://relay.dev/graphql/connections.htm */
@ObjectType({ description: "A page of certificates.", simpleResolvers: true })
export class UserPfxCertificateConnection {
  @Field(() => [UserPfxCertificateEdge], { description: "The certificates of this page with their cursors." })
  edges!: UserPfxCertificateEdge[];

  @Field(() => [UserPfxCertificate], { description: "The certificates of this page." })
  nodes!: UserPfxCertificate[];

  @Field(() => PageInfo, { description: "The position of this page." })
  pageInfo!: PageInfo;
}
