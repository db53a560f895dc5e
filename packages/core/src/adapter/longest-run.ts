/** Milliseconds that a run for nobody may take: there is no client who would go away and so end it. */
export const longestRun = 60_000;
