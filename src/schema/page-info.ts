/** Relay's PageInfo. Shareable, because every subgraph with connections in a supergraph defines it. */
import { Directive, Field, ObjectType } from "type-graphql";

/** @see https://relay.dev/graphql/connections.htm#sec-undefined.PageInfo */
@Directive("@shareable")
@ObjectType({ description: "The position of a page in its connection.", simpleResolvers: true })
export class PageInfo {
  @Field(() => Boolean, { description: "Whether more items follow this page." })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: "Whether this page was requested with a cursor, so that items may precede it." })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: "Cursor of the first item; null on an empty page." })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Cursor of the last item; pass it as `after` to get the next page.",
  })
  endCursor!: string | null;
}
