export { createSageMaker } from "./sagemaker.ts";
export type { SageMaker } from "./sagemaker.ts";
export type { SageMakerPorts, SageMakerRequest, SageMakerTransport } from "./ports.ts";
export type { CredentialsInput, SageMakerInput } from "./settings.ts";
export { issuerDocuments } from "./oidc/issuer-documents.ts";
export type { IssuerDocuments } from "./oidc/issuer-documents.ts";
export { mintBearerToken } from "./sign/bearer-token.ts";
export type { BearerTokenRequest } from "./sign/bearer-token.ts";
export type { AwsCredentials } from "./credentials/credentials.ts";
