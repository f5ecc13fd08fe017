/** What runs in the page itself, by name. */
export const pageScenarios: Readonly<Record<string, (...args: readonly never[]) => Promise<unknown>>> = {};
