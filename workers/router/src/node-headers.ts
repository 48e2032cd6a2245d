/** Headers between the Worker and a node's object; requests from outside never reach an object with them. */

/** A socket that was let in: node, token and until when the token is good. */
export const DIAL = "x-qwq-dial";
/** Names a request, so that it can be ended. */
export const STREAM = "x-qwq-stream";
/** The node could not be reached: no answer of the node. */
export const FAULT = "x-qwq-fault";
