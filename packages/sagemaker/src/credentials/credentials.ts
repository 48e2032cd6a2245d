/** AWS credentials. They are never logged, shown in an error or put into a URL that is sent. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** With temporary credentials. */
  readonly sessionToken?: string | undefined;
  /** Epoch ms at which they end; undefined for ones that do not. */
  readonly expiresMs?: number | undefined;
}

/** Where credentials come from. Rejects where there are none. */
export interface CredentialSource {
  get(): Promise<AwsCredentials>;
  /** They were refused: the next `get` brings fresh ones. */
  forget(): void;
}
