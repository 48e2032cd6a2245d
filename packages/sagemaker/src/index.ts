export { mintBearerToken } from "./sign/bearer-token.ts";
export type { BearerTokenRequest } from "./sign/bearer-token.ts";
export type { AwsCredentials, CredentialSource } from "./credentials/credentials.ts";
