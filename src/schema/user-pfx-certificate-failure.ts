/** Why one certificate of many was not created; a failure that is data, so that the others' outcome is told all the same. */
import { Field, Float, ID, ObjectType } from "type-graphql";
import { type GatewayError, GraphError } from "../errors.ts";

@ObjectType({ description: "Why one certificate of many was not created.", simpleResolvers: true })
export class UserPfxCertificateFailure {
  @Field(() => String, { description: "The code, as in the extensions of an error." })
  code!: string;

  @Field(() => String, { description: "What happened and what to do about it." })
  message!: string;

  @Field(() => ID, {
    nullable: true,
    description: "With CONFLICT: the id of the certificate that the user already has.",
  })
  certificateId!: string | null;

  @Field(() => Float, { nullable: true, description: "Seconds to wait before asking again." })
  retryAfterSeconds!: number | null;

  @Field(() => String, { nullable: true, description: "Graph's id of the request, for Microsoft's support." })
  graphRequestId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "With CLAIMS_CHALLENGE: base64 of the JSON to ask for a new token with.",
  })
  claims!: string | null;

  /** @param sinceMs how long ago it failed: others of the same request took longer, and a wait has begun by then. */
  static of(error: GatewayError, sinceMs: number): UserPfxCertificateFailure {
    const { retryAfterSeconds } = error;
    return Object.assign(new UserPfxCertificateFailure(), {
      code: error.code,
      message: error.invalid?.map(({ path, message }) => `${path} ${message}`).join("; ") ?? error.message,
      certificateId: error.certificateId ?? null,
      retryAfterSeconds:
        retryAfterSeconds === undefined ? null : Math.max(0, Math.ceil(retryAfterSeconds * 1000 - sinceMs)) / 1000,
      graphRequestId: error instanceof GraphError ? error.graph.requestId : null,
      claims: error.claims ?? null,
    });
  }

  /** @param id under which the log has it. */
  static masked(id: string): UserPfxCertificateFailure {
    return Object.assign(new UserPfxCertificateFailure(), {
      code: "INTERNAL_SERVER_ERROR",
      message: `Something went wrong inside the gateway. Its operator finds it in the log under ${id}.`,
      certificateId: null,
      retryAfterSeconds: null,
      graphRequestId: null,
      claims: null,
    });
  }
}
