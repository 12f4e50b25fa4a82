/** Everything the workflow bundle holds. Sandbox-safe: no Node, no zod, no HTTP. */
export {};
