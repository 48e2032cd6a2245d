export { defaultCredentials } from "./default-credentials.ts";
