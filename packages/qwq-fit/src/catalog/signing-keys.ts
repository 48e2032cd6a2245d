/**
 * Public keys whose signature a catalogue from outside must bear: Ed25519, SPKI, base64. The private half is held by the
 * maintainers and is in no repository. A key is replaced by adding the new one, releasing, and removing the old one.
 */
export const SIGNING_KEYS: readonly string[] = [
  "MCowBQYDK2VwAyEAPpLkut1UnVfL+rmbte58KfvCns85Iu/A0FCvaFzXFsg=",
];
