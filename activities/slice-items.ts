/**
 * Items of a `forEach` that one history holds: a job writes up to 12 events, a nested pipeline up to 9, and a run should
 * stay far below the 4,096 at which the server suggests to begin anew. More are worked off in slices of so many.
 */
export const SLICE_ITEMS = 100;
