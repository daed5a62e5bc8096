/** Errors of the engine in the browser. */

/** Bad input: its message is one sentence, addressed to the visitor, that says what to do. */
export class InputError extends Error {}
