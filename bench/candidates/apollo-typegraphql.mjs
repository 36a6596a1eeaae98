/** Apollo's standalone server over TypeGraphQL classes with class-validator's rules: the usual code-first stack. */
import "reflect-metadata";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { IsBase64, IsHexadecimal, IsISO8601, Length, MinLength } from "class-validator";
import {
  Arg,
  buildSchema,
  Ctx,
  Field,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  registerEnumType,
} from "type-graphql";
import { requestGraph } from "./graph.mjs";
import { enums, operations } from "./schema.mjs";

for (const [name, members] of Object.entries(enums)) registerEnumType(members, { name });
const { UserPfxIntendedPurpose: Purpose, UserPfxPaddingScheme: Scheme } = enums;

/** Decorators as calls, since this file is plain JavaScript. */
function decorate(target, name, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(target, name);
  for (const each of decorators.reverse()) each(target, name, descriptor);
}

const rules = {
  thumbprint: [String, Length(40, 40), IsHexadecimal()],
  intendedPurpose: [Purpose],
  userPrincipalName: [String, MinLength(3)],
  startDateTime: [String, IsISO8601()],
  expirationDateTime: [String, IsISO8601()],
  providerName: [String, MinLength(1)],
  keyName: [String, MinLength(1)],
  paddingScheme: [Scheme],
  encryptedPfxBlob: [String, IsBase64()],
  encryptedPfxPassword: [String, MinLength(1)],
};

class UserPfxCertificate {}
decorate(
  UserPfxCertificate.prototype,
  "id",
  Field(() => ID),
);
for (const [name, [type]] of Object.entries(rules)) {
  decorate(
    UserPfxCertificate.prototype,
    name,
    Field(() => type, { nullable: true }),
  );
}
for (const name of ["createdDateTime", "lastModifiedDateTime"]) {
  decorate(
    UserPfxCertificate.prototype,
    name,
    Field(() => String, { nullable: true }),
  );
}
ObjectType()(UserPfxCertificate);

class PageInfo {}
decorate(
  PageInfo.prototype,
  "hasNextPage",
  Field(() => Boolean),
);
ObjectType()(PageInfo);

class UserPfxCertificateConnection {}
decorate(
  UserPfxCertificateConnection.prototype,
  "nodes",
  Field(() => [UserPfxCertificate]),
);
decorate(
  UserPfxCertificateConnection.prototype,
  "pageInfo",
  Field(() => PageInfo),
);
ObjectType()(UserPfxCertificateConnection);

class CreateUserPfxCertificateInput {}
for (const [name, [type, ...checks]] of Object.entries(rules)) {
  decorate(
    CreateUserPfxCertificateInput.prototype,
    name,
    Field(() => type),
    ...checks,
  );
}
InputType()(CreateUserPfxCertificateInput);

const { create, list } = operations(requestGraph);
class Certificates {
  userPfxCertificates(first, { authorization }) {
    return list(first, authorization);
  }
  createUserPfxCertificate(input, { authorization }) {
    return create(input, authorization);
  }
}
const { prototype } = Certificates;
Arg("first", () => Int, { nullable: true })(prototype, "userPfxCertificates", 0);
Ctx()(prototype, "userPfxCertificates", 1);
decorate(
  prototype,
  "userPfxCertificates",
  Query(() => UserPfxCertificateConnection),
);
Arg("input", () => CreateUserPfxCertificateInput)(prototype, "createUserPfxCertificate", 0);
Ctx()(prototype, "createUserPfxCertificate", 1);
decorate(
  prototype,
  "createUserPfxCertificate",
  Mutation(() => UserPfxCertificate),
);
Resolver()(Certificates);

const schema = await buildSchema({ resolvers: [Certificates], validate: true });
const server = new ApolloServer({ schema, stopOnTerminationSignals: false });
await startStandaloneServer(server, {
  listen: { port: Number(process.env.PORT), host: "127.0.0.1" },
  context: async ({ req }) => ({ authorization: req.headers.authorization }),
});
