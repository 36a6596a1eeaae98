/** The arguments of a list: Relay's forward paging and the filter. */
import { IsOptional, Max, Min, ValidateNested } from "class-validator";
import { ArgsType, Field, Int } from "type-graphql";
import { UserPfxCertificateFilter } from "./user-pfx-certificate-filter.ts";

@ArgsType()
export class UserPfxCertificatesArgs {
  @Field(() => Int, { nullable: true, defaultValue: 50, description: "Page size, from 1 to 1000." })
  @IsOptional()
  @Min(1, { message: "must be at least 1" })
  @Max(1000, { message: "must be at most 1000" })
  first?: number | null;

  @Field(() => String, { nullable: true, description: "Cursor of the item before the page." })
  after?: string | null;

  @Field(() => UserPfxCertificateFilter, {
    nullable: true,
    description: "Conditions that the listed certificates meet.",
  })
  @IsOptional()
  @ValidateNested()
  filter?: UserPfxCertificateFilter | null;
}
