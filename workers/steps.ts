/**
 * The steps of a batch at which a process may die without harm. A test stops the worker at one of them; in production
 * nothing listens.
 */
export type Step = "taken" | "decided" | "sent" | "committed" | "applied" | "completed";

/** Told when a step is reached; the batch goes on when the promise resolves. */
export type AtStep = (step: Step) => Promise<void>;
